/** Number of recent images to take the median of: enough for a median, few enough to follow changes. */
const KEPT = 15;

/** How long the last images took. */
export class RecentTimes {
  #times: number[] = [];

  /** @param milliseconds From the request to the answer. */
  add(milliseconds: number): void {
    this.#times = [...this.#times, milliseconds].slice(-KEPT);
  }

  /** Milliseconds; the first image, which warms things up, hardly moves it. Undefined before the first image. */
  get median(): number | undefined {
    return [...this.#times].sort((a, b) => a - b)[Math.floor(this.#times.length / 2)];
  }

  clear(): void {
    this.#times = [];
  }
}
