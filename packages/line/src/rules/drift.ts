/** An alarm when good parts no longer look as those that the detector was calibrated on. */
export interface Drift {
  /** Below which the median of the last false-alarm probabilities may not fall, in (0, 0.5). */
  median: number;
  /** Frames that it is taken of. */
  m: number;
}

/**
 * The false-alarm probabilities of good parts are uniform on (0, 1] as long as parts, light and camera stay what they were at
 * calibration, so that their median is about 0.5. A few defects do not move it; a lamp that fades does. No alarm before `m`
 * frames were seen.
 *
 * @param window the false-alarm probabilities of the frames before, the oldest first
 */
export function drift(
  { median, m }: Drift,
  window: readonly number[],
  falseAlarmProbability: number,
): { window: number[]; drift: boolean } {
  const next = [...window, falseAlarmProbability].slice(-m);
  return { window: next, drift: next.length === m && medianOf(next) < median };
}

/**
 * Probability that the median of `m` uniform values, one look, lies below `median` though nothing has changed: of at least
 * half of them, by the binomial distribution.
 */
export function driftFalseAlarmRate({ median, m }: Drift): number {
  const least = Math.floor(m / 2) + 1;
  let term = m * Math.log(1 - median);
  let sum = 0;
  for (let k = 0; k <= m; k++) {
    if (k >= least) sum += Math.exp(term);
    term += Math.log((m - k) / (k + 1)) + Math.log(median / (1 - median));
  }
  return Math.min(1, sum);
}

/** Of an even number of values, the upper of the two in the middle. */
function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}
