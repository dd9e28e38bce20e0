import { ConfigurationError, DataSetError, MAX_CALIBRATION_KNOTS, type ScoreCalibration } from '@cflow/spec';
import type { Scores } from './ranked-scores.js';

export interface CalibrateOptions {
  /** Share of the scores that the tail is fitted to, in (0, 1). Default 0.1. */
  tailShare?: number | undefined;
  /** Fewest scores that the tail is fitted to, as far as there are that many. Default 10. */
  minTail?: number | undefined;
  /** Most knots to keep, 2 to 512. Default 512. */
  maxKnots?: number | undefined;
}

// A scale of zero (all scores equal) would divide by zero; float32 scores cannot tell values this close apart.
const RELATIVE_SCALE_FLOOR = 1e-7;

/**
 * Calibrates the score on good images that took no part in training: n scores, assumed exchangeable with those of the
 * good images to come.
 *
 * In the bulk the false-alarm probability at a calibration score `s` is `#{scores >= s} / (n + 1)`, the conformal
 * p-value of a score just above `s` (Vovk, Gammerman and Shafer, 2005): a new good image exceeds `s` with exactly this
 * probability, on average over calibration sets, whatever the distribution. Between the scores it is interpolated.
 *
 * Above the threshold `u`, a high quantile with k scores above it, excesses over `u` are taken as exponential: the
 * generalised Pareto distribution of the peaks over a high threshold (Pickands, 1975; Balkema and de Haan, 1974) with
 * shape 0, the one for tails that fall like those of the normal, gamma and Gumbel distributions. With the scale
 * estimated by maximum likelihood, the mean excess b, the probability that a further score exceeds `s` is
 *
 *     p(u) * (1 + (s - u) / (k b)) ** -k
 *
 * which is `p(u) exp(-(s - u) / b)` for large k, and for small k accounts exactly for b being an estimate: the excess
 * over the mean of k others follows the F distribution with 2 and 2k degrees of freedom. Few images thus give higher,
 * honest probabilities instead of too many false alarms. Scores with heavier tails than exponential raise more alarms
 * than asked for; compare the realised rate with {@link falseAlarmRateInterval}.
 *
 * @throws DataSetError with fewer than two scores, or one that is not finite; ConfigurationError for options out of range.
 */
export function calibrate(goodScores: Scores, options: CalibrateOptions = {}): ScoreCalibration {
  const { tailShare = 0.1, minTail = 10, maxKnots = MAX_CALIBRATION_KNOTS } = options;
  if (
    !(tailShare > 0 && tailShare < 1 && minTail >= 1 && maxKnots >= 2 && maxKnots <= MAX_CALIBRATION_KNOTS)
  ) {
    throw new ConfigurationError(
      `expected tailShare in (0, 1), minTail of at least 1 and maxKnots in [2, ${MAX_CALIBRATION_KNOTS}], ` +
        `got ${tailShare}, ${minTail} and ${maxKnots}`,
    );
  }
  // Adding 0 turns -0 into 0: JSON has no -0, and a calibration must be the same after it was stored.
  const sorted = Float64Array.from(goodScores, (score) => score + 0).sort();
  const n = sorted.length;
  if (n < 2) {
    throw new DataSetError(
      `calibration needs the scores of at least 2 good images, got ${n}; hold out more good images`,
      { details: { scores: n } },
    );
  }
  const bad = sorted.findIndex((score) => !Number.isFinite(score));
  if (bad >= 0) {
    throw new DataSetError(
      `calibration needs finite scores, but one of the ${n} good images scored ${sorted[bad]}`,
    );
  }

  const wanted = Math.min(n - 1, Math.max(Math.round(minTail), Math.ceil(tailShare * n)));
  const tailBegin = tailStart(sorted, n - 1 - wanted);
  const threshold = sorted[tailBegin - 1]!;
  const floor = Math.max(
    RELATIVE_SCALE_FLOOR * Math.max(Math.abs(sorted[0]!), Math.abs(sorted[n - 1]!)),
    1e-30,
  );
  const exceedances = Math.max(1, n - tailBegin);
  let excess = 0;
  for (let i = tailBegin; i < n; i++) excess += (sorted[i]! - threshold) / exceedances;
  let bulk = 0;
  for (const score of sorted) bulk += (score - sorted[0]!) / n;

  const knots = knotIndices(sorted, tailBegin, Math.floor(maxKnots));
  return {
    method: 'conformal-exponential',
    count: n,
    scores: knots.map((i) => sorted[i]!),
    probabilities: knots.map((i) => (n - i) / (n + 1)),
    lowerScale: Math.max(bulk, floor),
    tail: { exceedances, meanExcess: Math.max(excess, floor) },
  };
}

/**
 * Index of the first score above the tail's threshold, which is the score at `at` unless the highest scores are tied
 * with it: then it is the next lower one, so that there is an excess to fit. `n` when all scores are equal.
 */
function tailStart(sorted: Float64Array, at: number): number {
  const n = sorted.length;
  const top = sorted[n - 1]!;
  let threshold = sorted[at]!;
  if (threshold === top) {
    const firstOfTop = sorted.indexOf(top);
    if (firstOfTop === 0) return n;
    threshold = sorted[firstOfTop - 1]!;
  }
  let begin = at;
  while (begin > 0 && sorted[begin - 1]! > threshold) begin--;
  while (begin < n && sorted[begin]! <= threshold) begin++;
  return begin;
}

/** Indices of the knots: the first of each run of equal scores below `end`, thinned evenly; first and last stay. */
function knotIndices(sorted: Float64Array, end: number, maxKnots: number): number[] {
  const distinct: number[] = [];
  for (let i = 0; i < end; i++) if (i === 0 || sorted[i]! > sorted[i - 1]!) distinct.push(i);
  if (distinct.length <= maxKnots) return distinct;
  const step = (distinct.length - 1) / (maxKnots - 1);
  return Array.from({ length: maxKnots }, (_, k) => distinct[Math.round(k * step)]!);
}
