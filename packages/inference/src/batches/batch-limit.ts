/** Milliseconds for which batches stay small after memory ran out. */
const SMALL_MS = 60_000;

/** The most images of a batch: as many as the largest size holds, and fewer for a while after memory ran out. */
export class BatchLimit {
  readonly #now: () => number;
  #small: { images: number; until: number } | undefined;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** @param largest Images of the largest size */
  images(largest: number): number {
    if (this.#small && this.#small.until < this.#now()) this.#small = undefined;
    return Math.min(this.#small?.images ?? largest, largest);
  }

  /** Memory did not suffice for that many; false when a batch cannot be smaller. */
  halve(images: number): boolean {
    if (images <= 1) return false;
    this.#small = { images: Math.floor(images / 2), until: this.#now() + SMALL_MS };
    return true;
  }
}
