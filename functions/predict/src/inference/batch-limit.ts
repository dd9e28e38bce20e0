/** Milliseconds for which batches stay small after memory ran out. */
const SMALL_MS = 60_000;

/** The most images of a batch: as many as the largest size holds, and fewer for a while after memory ran out. */
export class BatchLimit {
  readonly #largest: number;
  readonly #now: () => number;
  #small: { images: number; until: number } | undefined;

  constructor(largest: number, now: () => number) {
    this.#largest = largest;
    this.#now = now;
  }

  get images(): number {
    if (this.#small && this.#small.until < this.#now()) this.#small = undefined;
    return this.#small?.images ?? this.#largest;
  }

  /** Memory did not suffice for so many; false when fewer cannot be asked for. */
  halve(images: number): boolean {
    if (images <= 1) return false;
    this.#small = { images: Math.floor(images / 2), until: this.#now() + SMALL_MS };
    return true;
  }
}
