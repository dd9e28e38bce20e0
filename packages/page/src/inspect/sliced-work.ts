/** Milliseconds of a frame that may be spent on work: the page stays responsive, however much there is to do. */
const SLICE = 10;

/** Work on many things, a slice of it in each frame. */
export class SlicedWork<T> {
  readonly #waiting = new Set<T>();
  #frame = 0;
  readonly #work: (item: T) => void;

  constructor(work: (item: T) => void) {
    this.#work = work;
  }

  /** Queues all of them for work; the first is done at once. To be called within a frame. */
  start(items: Iterable<T>): void {
    for (const item of items) this.#waiting.add(item);
    if (this.#frame === 0) this.#slice();
  }

  forget(item: T): void {
    this.#waiting.delete(item);
  }

  #slice(): void {
    this.#frame = 0;
    const until = performance.now() + SLICE;
    for (const item of this.#waiting) {
      if (performance.now() > until) break;
      this.#waiting.delete(item);
      this.#work(item);
    }
    if (this.#waiting.size > 0) this.#frame = requestAnimationFrame(() => this.#slice());
  }
}
