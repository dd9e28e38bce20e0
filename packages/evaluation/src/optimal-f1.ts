import {
  forEachThreshold,
  type Labels,
  type RankedScores,
  rankScores,
  type Scores,
} from './ranked-scores.js';

/** The best F1 over all thresholds, and the threshold that gives it: a sample is bad when `score >= threshold`. */
export interface OptimalF1 {
  /** `2 TP / (2 TP + FP + FN)`, in [0, 1]. */
  f1: number;
  /** One of the scores. Where several thresholds give the same F1 it is the highest, which raises fewest alarms. */
  threshold: number;
  precision: number;
  recall: number;
}

/** The threshold with the highest F1. Every field is NaN when there is no bad sample. */
export function optimalF1(scores: Scores, labels: Labels): OptimalF1 {
  return rankedOptimalF1(rankScores(scores, labels));
}

/** As {@link optimalF1}, for scores that are ranked already. */
export function rankedOptimalF1(ranked: RankedScores): OptimalF1 {
  const positives = ranked.bad.length;
  const best: OptimalF1 = {
    f1: Number.NaN,
    threshold: Number.NaN,
    precision: Number.NaN,
    recall: Number.NaN,
  };
  if (positives === 0) return best;
  best.f1 = -1;
  forEachThreshold(ranked, (threshold, truePositives, falsePositives) => {
    // 2 TP + FP + FN = (TP + FP) + (TP + FN): samples called bad and samples that are bad.
    const f1 = (2 * truePositives) / (truePositives + falsePositives + positives);
    if (f1 <= best.f1) return;
    best.f1 = f1;
    best.threshold = threshold;
    best.precision = truePositives / (truePositives + falsePositives);
    best.recall = truePositives / positives;
  });
  return best;
}
