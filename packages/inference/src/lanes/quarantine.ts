import { InferenceError } from '../inference-error.js';

export interface QuarantineOptions {
  now(): number;
  /** Incidents within `windowMs` after which it is refused. Default 3. */
  most?: number;
  /** Default 10 minutes. */
  windowMs?: number;
  /** How long it is refused the first time; twice as long each time after that, up to `windowMs`. Default 1 minute. */
  firstMs?: number;
}

interface Record {
  /** When it took a lane down. */
  incidents: number[];
  refusals: number;
  refusedUntil: number;
}

/** Remembered at most. */
const MOST_RECORDS = 10_000;

/**
 * What took lanes down, by the key of the detector or the hash of the backbone: every lost lane costs others time, so after
 * a few the culprit is refused for a while.
 */
export class Quarantine {
  readonly #now: () => number;
  readonly #most: number;
  readonly #windowMs: number;
  readonly #firstMs: number;
  readonly #records: Map<string, Record> = new Map();

  constructor({ now, most = 3, windowMs = 600_000, firstMs = 60_000 }: QuarantineOptions) {
    this.#now = now;
    this.#most = most;
    this.#windowMs = windowMs;
    this.#firstMs = firstMs;
  }

  /** How many are refused now. */
  get size(): number {
    const now = this.#now();
    return [...this.#records.values()].filter(({ refusedUntil }) => refusedUntil > now).length;
  }

  /** Records that it took a lane down; true when it is refused from now on. */
  note(key: string): boolean {
    const now = this.#now();
    const record = this.#records.get(key) ?? { incidents: [], refusals: 0, refusedUntil: 0 };
    this.#records.delete(key);
    this.#records.set(key, record);
    const [oldest] = this.#records.keys();
    if (this.#records.size > MOST_RECORDS && oldest !== undefined) this.#records.delete(oldest);
    record.incidents = [...record.incidents.filter((time) => now - time < this.#windowMs), now];
    if (record.incidents.length < this.#most) return false;
    record.refusedUntil = now + Math.min(this.#windowMs, this.#firstMs * 2 ** record.refusals);
    record.refusals++;
    // One more incident after that is enough.
    record.incidents = record.incidents.slice(1);
    return true;
  }

  /** @throws InferenceError `unavailable`, with the seconds until it is tried again */
  refuse(keys: readonly string[]): void {
    for (const key of keys) {
      const left = (this.#records.get(key)?.refusedUntil ?? 0) - this.#now();
      if (left <= 0) continue;
      const retryAfterSeconds = Math.ceil(left / 1000);
      throw new InferenceError(
        'unavailable',
        `the detector is refused for ${retryAfterSeconds} s: the engine hung or crashed over it ${this.#most} times; ` +
          'publish a version that runs',
        { details: { retryAfterSeconds } },
      );
    }
  }
}
