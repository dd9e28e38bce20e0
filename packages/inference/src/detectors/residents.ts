import { backboneKey } from '@cflow/detector';
import type { LanePool } from '../lanes/lane-pool.js';
import type { InferenceObserver } from '../observer.js';
import type { Resident } from './resident.js';

/** A detector in memory, and who wants it there. */
export interface Entry extends Resident {
  users: number;
  usedAt: number;
  /** References that must stay loaded. */
  pins: Set<string>;
  /** Set when it has left the cache: called when the last user is done, to free it. */
  leaving: (() => void) | undefined;
  /** No request has asked for it: it only scores beside others, and goes before them. */
  spare: boolean;
}

/** Who is in memory, who holds whom, and who goes first. */
export class Residents {
  readonly #entries: Map<string, Entry> = new Map();
  /** Those on their way out, by key: until then the same detector cannot be opened again. */
  readonly #freeing: Map<string, Promise<void>> = new Map();
  readonly #observer: InferenceObserver;
  #uses = 0;

  constructor(observer: InferenceObserver) {
    this.#observer = observer;
  }

  get all(): readonly Entry[] {
    return [...this.#entries.values()];
  }

  get(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  /** A resident that is taken; unless only with spare memory, it counts as asked for from now on. */
  take(key: string, spare: boolean): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry && !spare) entry.spare = false;
    return entry;
  }

  add(resident: Resident, spare: boolean): Entry {
    const entry: Entry = {
      ...resident,
      users: 0,
      usedAt: ++this.#uses,
      pins: new Set(),
      leaving: undefined,
      spare,
    };
    this.#entries.set(entry.key, entry);
    return entry;
  }

  /** Keeps it until the returned function is called; undefined when it is already gone. */
  hold(resident: Resident, spare: boolean): (() => void) | undefined {
    const entry = this.#entries.get(resident.key);
    if (!entry || entry !== resident) return undefined;
    if (!spare) entry.spare = false;
    entry.users++;
    entry.usedAt = ++this.#uses;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      entry.users--;
      if (entry.leaving && entry.users === 0) void this.#free(entry);
    };
  }

  /** The resident that a reference means now must stay; the one it meant before need not. */
  pin({ key }: Resident, reference: string): void {
    for (const entry of this.#entries.values()) entry.pins.delete(reference);
    this.#entries.get(key)?.pins.add(reference);
  }

  /** The first to go of those that need not stay; undefined where all must. */
  victim(mayGo: (entry: Entry) => boolean): Entry | undefined {
    return this.all.filter((entry) => entry.pins.size === 0 && mayGo(entry)).sort(whoGoesFirst)[0];
  }

  /** Bytes of all, each backbone once. */
  get bytes(): number {
    const backbones = new Map<string, number>();
    let bytes = 0;
    for (const { manifest, headBytes, backboneBytes } of this.#entries.values()) {
      bytes += headBytes;
      backbones.set(backboneKey(manifest), backboneBytes);
    }
    for (const backbone of backbones.values()) bytes += backbone;
    return bytes;
  }

  /** Removes it; requests that still hold it may finish. Resolves when it is freed. */
  leave(entry: Entry): Promise<void> {
    this.#entries.delete(entry.key);
    const left = new Promise<void>((resolve) => {
      entry.leaving = resolve;
    }).finally(() => this.#freeing.delete(entry.key));
    this.#freeing.set(entry.key, left);
    if (entry.users === 0) void this.#free(entry);
    return left;
  }

  /** Removes those of a pool that is gone: they went with it, so there is nothing to free. */
  forget(pool: LanePool): void {
    for (const entry of this.all) if (entry.pool === pool) this.#entries.delete(entry.key);
  }

  /** Settles when what is on its way out under this key is gone. */
  freed(key: string): Promise<void> | undefined {
    return this.#freeing.get(key);
  }

  /** Settles when everything that was on its way out is gone. */
  async allFreed(): Promise<void> {
    await Promise.allSettled(this.#freeing.values());
  }

  clear(): void {
    this.#entries.clear();
  }

  async #free({ key, name, version, pool, leaving }: Entry): Promise<void> {
    await pool.close(key).catch(() => undefined);
    this.#observer.evicted?.({ name, version });
    leaving?.();
  }
}

/** First those that no request has asked for, then those not in use, then those used longest ago. */
function whoGoesFirst(a: Entry, b: Entry): number {
  return (
    Number(b.spare) - Number(a.spare) || Number(a.users > 0) - Number(b.users > 0) || a.usedAt - b.usedAt
  );
}
