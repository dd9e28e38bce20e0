import { DataSetError, type ScoreCalibration } from '@cflow/spec';
import { falseAlarmProbability } from './false-alarm.js';

export interface DriftTest {
  /** Largest distance between the two distribution functions, in [0, 1]. */
  statistic: number;
  /** Probability of a distance at least this large when the scores are those of good images as in calibration. */
  pValue: number;
}

/**
 * Whether scores still look like those of the good images that a detector was calibrated on: a Kolmogorov-Smirnov test.
 *
 * The calibration is a distribution function, estimated from `m = calibration.count` scores. Its false-alarm
 * probability `u = P(good score >= s)` falls strictly and continuously, so `u` of a good image is uniform on (0, 1), and
 * the distance between the distribution functions of the `n` scores and of the calibration is that between the
 * empirical distribution of the `u` and the diagonal: with `u` in ascending order,
 *
 *     D = max over i of max(i/n - u_i, u_i - (i - 1)/n)
 *
 * Were the calibration exact, `sqrt(n) D` would have Kolmogorov's distribution in the limit. It is itself an empirical
 * distribution (smoothed), so the distance is that of two samples, whose limit is the same with the effective size
 * `N = n m / (n + m)` in the place of `n`. Stephens' correction (J. R. Stat. Soc. B 32, 1970) makes the limit hold for
 * small samples too:
 *
 *     lambda = (sqrt(N) + 0.12 + 0.11 / sqrt(N)) D,   p = 2 sum over j >= 1 of (-1)^(j - 1) exp(-2 j^2 lambda^2)
 *
 * The test sees any change of the distribution: another light, another camera, more bad parts.
 *
 * @param scores In any order; at least one
 * @throws DataSetError without scores, or with one that is not a number
 */
export function driftTest(calibration: ScoreCalibration, scores: ArrayLike<number>): DriftTest {
  const n = scores.length;
  if (n === 0) throw new DataSetError('A drift test needs at least one score; score some images first.');
  const u = Float64Array.from(scores, (score) => falseAlarmProbability(calibration, score)).sort();
  let statistic = 0;
  for (let i = 0; i < n; i++) {
    statistic = Math.max(statistic, (i + 1) / n - u[i]!, u[i]! - i / n);
  }
  const root = Math.sqrt((n * calibration.count) / (n + calibration.count));
  return { statistic, pValue: kolmogorovSurvival((root + 0.12 + 0.11 / root) * statistic) };
}

/** Probability that Kolmogorov's distribution exceeds `lambda`. */
function kolmogorovSurvival(lambda: number): number {
  // Below this it is 1 to 15 digits, where the series converges slowly.
  if (lambda < 0.2) return 1;
  let sum = 0;
  for (let j = 1; j <= 100; j++) {
    const term = Math.exp(-2 * (j * lambda) ** 2);
    sum += j % 2 === 1 ? term : -term;
    if (term < 1e-17) break;
  }
  return Math.min(Math.max(2 * sum, 0), 1);
}
