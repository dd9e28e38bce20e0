import { InferenceError } from '../inference-error.js';
import type { Lane } from './lane.js';

/**
 * Lanes that were given up but still run: a thread that does not come back from native code cannot be ended, and keeps its
 * memory. So only a few may be left behind.
 */
export class AbandonedLanes {
  readonly #most: number;
  readonly #waiting: Set<() => void> = new Set();
  #count = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get count(): number {
    return this.#count;
  }

  /** Whether no further lane may be started in place of one that is left behind. */
  get full(): boolean {
    return this.#count >= this.#most;
  }

  add(lane: Lane): void {
    this.#count++;
    void lane
      .abandon()
      .catch(() => undefined)
      .finally(() => {
        this.#count--;
        const waiting = [...this.#waiting];
        this.#waiting.clear();
        for (const tell of waiting) tell();
      });
  }

  /** Calls back once, when one of them has ended after all. */
  whenFewer(tell: () => void): void {
    this.#waiting.add(tell);
  }

  /** Resolves when all have ended, or after this many milliseconds. */
  async ended(milliseconds: number): Promise<void> {
    const until = Date.now() + milliseconds;
    while (this.#count > 0 && Date.now() < until) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      await new Promise<void>((resolve) => {
        timer = setTimeout(resolve, Math.max(0, until - Date.now()));
        this.whenFewer(resolve);
      });
      clearTimeout(timer);
    }
  }

  /** @throws InferenceError `unavailable` */
  refuseWhenFull(): void {
    if (!this.full) return;
    throw new InferenceError(
      'unavailable',
      `${this.#count} runs hang in the engine, and no more may; the service will be started anew`,
      { details: { abandoned: this.#count } },
    );
  }
}
