/** Images that a time is told of: enough for a median, few enough to follow what changes. */
const KEPT = 15;

/** How long the last images took. */
export class RecentTimes {
  private times: number[] = [];

  /** @param milliseconds From the question to the answer. */
  add(milliseconds: number): void {
    this.times = [...this.times, milliseconds].slice(-KEPT);
  }

  /** Milliseconds; the first image, which warms things up, hardly moves it. Undefined while there is none. */
  get median(): number | undefined {
    return [...this.times].sort((a, b) => a - b)[Math.floor(this.times.length / 2)];
  }

  clear(): void {
    this.times = [];
  }
}
