/** Milliseconds that the rate is averaged over. */
const WINDOW = 3000;

/** Counts what happens to a camera's frames. Times are milliseconds of one clock. */
export class FrameMeter {
  #shown = 0;
  #taken = 0;
  readonly #done: number[] = [];
  #started: number | undefined;

  /** @param count Frames that the camera has shown since the last call. */
  show(count: number, at: number): void {
    this.#started ??= at;
    this.#shown += count;
  }

  /** A frame was taken, to be scored. */
  take(): void {
    this.#taken++;
  }

  /** The frame that was taken is scored. */
  finish(at: number): void {
    this.#done.push(at);
    while (this.#done[0] !== undefined && this.#done[0] < at - WINDOW) this.#done.shift();
  }

  /** Frames that nobody looked at, because another one was being scored. None of them waits. */
  get dropped(): number {
    return Math.max(0, this.#shown - this.#taken);
  }

  get frames(): number {
    return Math.max(this.#shown, this.#taken);
  }

  /** Frames scored per second, over the last seconds. */
  rate(at: number): number {
    const since = Math.max(this.#started ?? at, at - WINDOW);
    const recent = this.#done.filter((time) => time > at - WINDOW).length;
    return at > since ? (1000 * recent) / (at - since) : 0;
  }
}
