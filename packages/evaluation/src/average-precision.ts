import {
  forEachThreshold,
  type Labels,
  type RankedScores,
  rankScores,
  type Scores,
} from './ranked-scores.js';

/**
 * Average precision (AUPR): the precision at each threshold, weighted by the recall it adds,
 * `sum over n of (R_n - R_(n-1)) P_n`, without interpolation, as scikit-learn's `average_precision_score`.
 *
 * @returns A value in (0, 1], or NaN when there is no bad sample: recall is then not defined.
 */
export function averagePrecision(scores: Scores, labels: Labels): number {
  return rankedAveragePrecision(rankScores(scores, labels));
}

/** As {@link averagePrecision}, for scores that are ranked already. */
export function rankedAveragePrecision(ranked: RankedScores): number {
  let sum = 0;
  let previous = 0;
  forEachThreshold(ranked, (_threshold, truePositives, falsePositives) => {
    sum += (truePositives - previous) * (truePositives / (truePositives + falsePositives));
    previous = truePositives;
  });
  return sum / ranked.bad.length;
}
