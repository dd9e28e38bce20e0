/** Steps of the first call: slow devices need seconds for a few. */
const FIRST_STEPS = 1;
/** Counts that are remembered with their times. */
const REMEMBERED = 6;
/** Counts are apart enough to tell the overhead from the steps when the largest is so many times the smallest. */
const APART = 2;
/** Nothing is known beyond what was measured: a call has at most so many times the steps of the longest one before. */
const GROWTH = 4;
/** A call for learning may take so many times as long as one is to take. */
const PATIENCE = 4;

/**
 * How long calls of the training graph take: so much for each, for what is copied to the device and back, and so much for
 * each step in it. The two are measured apart: on a card the copies of a large decoder alone may take longer than a call
 * is to last, and counted as steps they would keep it at one step per call, the slowest of all.
 */
export class CallPace {
  /** Milliseconds of the last call of each count of steps. */
  readonly #calls: Map<number, number> = new Map();

  add(steps: number, milliseconds: number): void {
    this.#calls.delete(steps);
    this.#calls.set(steps, milliseconds);
    if (this.#calls.size <= REMEMBERED) return;
    // The one that says least beside the new one.
    const others = [...this.#calls.keys()].filter((count) => count !== steps);
    const nearest = others.reduce((a, b) => (ratio(b, steps) < ratio(a, steps) ? b : a));
    this.#calls.delete(nearest);
  }

  /**
   * Steps for a call of about so many milliseconds; more where the overhead is larger than that, so that at least half of
   * the time goes to steps.
   */
  steps(milliseconds: number): number {
    const counts = [...this.#calls.keys()];
    if (counts.length === 0) return FIRST_STEPS;
    const [least, most] = [Math.min(...counts), Math.max(...counts)];
    if (most < APART * least) return this.#toLearn(least, most, milliseconds);
    const { overhead, perStep } = this.#fit();
    // The time did not grow with the steps, as far as can be seen: they cost next to nothing.
    const wanted =
      perStep > 0
        ? Math.max((milliseconds - overhead) / perStep, overhead / perStep)
        : Number.POSITIVE_INFINITY;
    return Math.max(1, Math.min(Math.round(wanted), GROWTH * most));
  }

  /** Twice as many as before, or half as many where that took too long already. */
  #toLearn(least: number, most: number, milliseconds: number): number {
    const longest = this.#calls.get(most) ?? 0;
    if (most === 1 || APART * longest <= PATIENCE * milliseconds) return APART * most;
    return Math.max(1, Math.floor(least / APART));
  }

  /** Least squares over the calls: time = overhead + perStep · steps, the overhead not below 0. */
  #fit(): { overhead: number; perStep: number } {
    const calls = [...this.#calls];
    const mean = (of: (call: [number, number]) => number): number =>
      calls.reduce((sum, call) => sum + of(call), 0) / calls.length;
    const [steps, time] = [mean(([count]) => count), mean(([, milliseconds]) => milliseconds)];
    const covariance = mean(([count, milliseconds]) => (count - steps) * (milliseconds - time));
    const perStep = covariance / mean(([count]) => (count - steps) ** 2);
    const overhead = time - perStep * steps;
    return overhead >= 0 ? { overhead, perStep } : { overhead: 0, perStep: time / steps };
  }
}

function ratio(a: number, b: number): number {
  return Math.max(a, b) / Math.min(a, b);
}
