import type { Row } from './batch.js';

/** Waiting rows, by backbone: only rows of one backbone can be scored together. */
export class RowQueues {
  readonly #queues: Map<string, Row[]> = new Map();

  push(row: Row): void {
    const queue = this.#queues.get(row.backbone);
    if (queue) queue.push(row);
    else this.#queues.set(row.backbone, [row]);
  }

  /** In front of all others of their backbone, in their order. */
  putBack(rows: readonly Row[]): void {
    for (const row of [...rows].reverse()) {
      const queue = this.#queues.get(row.backbone);
      if (queue) queue.unshift(row);
      else this.#queues.set(row.backbone, [row]);
    }
  }

  /** Gives a place back. */
  remove(row: Row): void {
    const queue = this.#queues.get(row.backbone);
    const index = queue?.indexOf(row) ?? -1;
    if (!queue || index < 0) return;
    queue.splice(index, 1);
    if (queue.length === 0) this.#queues.delete(row.backbone);
  }

  /** The backbone whose first row waits longest, among those with at least so many rows. */
  oldest(
    least: (backbone: string) => number,
  ): { backbone: string; count: number; readyAt: number } | undefined {
    let found: { backbone: string; count: number; readyAt: number } | undefined;
    for (const [backbone, queue] of this.#queues) {
      const { readyAt } = queue[0] as Row;
      if (queue.length < least(backbone) || (found && found.readyAt <= readyAt)) continue;
      found = { backbone, count: queue.length, readyAt };
    }
    return found;
  }

  take(backbone: string, count: number): Row[] {
    const queue = this.#queues.get(backbone) ?? [];
    const rows = queue.splice(0, count);
    if (queue.length === 0) this.#queues.delete(backbone);
    return rows;
  }

  /** All rows, of any backbone, that a condition holds for. */
  takeWhere(matches: (row: Row) => boolean): Row[] {
    const taken = [...this.#queues.values()].flat().filter(matches);
    for (const row of taken) this.remove(row);
    return taken;
  }

  takeAll(): Row[] {
    const rows = [...this.#queues.values()].flat();
    this.#queues.clear();
    return rows;
  }
}
