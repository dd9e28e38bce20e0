import {
  forEachThreshold,
  type Labels,
  type RankedScores,
  rankScores,
  type Scores,
} from './ranked-scores.js';

/** Points of a ROC curve from (0, 0) to (1, 1). The three arrays have one length. */
export interface RocCurve {
  falsePositiveRate: Float64Array;
  truePositiveRate: Float64Array;
  /** Descending: the samples at or above it give the rates. The first is Infinity. */
  thresholds: Float64Array;
}

/** Points of a precision-recall curve from recall 0 to 1. The three arrays have one length. */
export interface PrecisionRecallCurve {
  precision: Float64Array;
  recall: Float64Array;
  /** Descending. The first is Infinity; its precision is 1 by convention. */
  thresholds: Float64Array;
}

/**
 * The ROC curve. Points inside a straight run are left out, which changes neither the curve nor its area.
 * A rate of an empty class is NaN.
 */
export function rocCurve(scores: Scores, labels: Labels): RocCurve {
  const ranked = rankScores(scores, labels);
  const size = 1 + countThresholds(ranked);
  const x = new Float64Array(size);
  const y = new Float64Array(size);
  const thresholds = new Float64Array(size);
  thresholds[0] = Number.POSITIVE_INFINITY;
  let last = 0;
  forEachThreshold(ranked, (threshold, truePositives, falsePositives) => {
    // Counts are whole numbers, so that the cross product of the last two steps is exact.
    const straight =
      last > 0 &&
      (x[last]! - x[last - 1]!) * (truePositives - y[last]!) ===
        (y[last]! - y[last - 1]!) * (falsePositives - x[last]!);
    if (!straight) last++;
    x[last] = falsePositives;
    y[last] = truePositives;
    thresholds[last] = threshold;
  });
  const { good, bad } = ranked;
  return {
    falsePositiveRate: x.slice(0, last + 1).map((count) => count / good.length),
    truePositiveRate: y.slice(0, last + 1).map((count) => count / bad.length),
    thresholds: thresholds.slice(0, last + 1),
  };
}

/** The precision-recall curve, one point per distinct score. Recall is NaN when there is no bad sample. */
export function precisionRecallCurve(scores: Scores, labels: Labels): PrecisionRecallCurve {
  const ranked = rankScores(scores, labels);
  const positives = ranked.bad.length;
  const count = 1 + countThresholds(ranked);
  const curve: PrecisionRecallCurve = {
    precision: new Float64Array(count),
    recall: new Float64Array(count),
    thresholds: new Float64Array(count),
  };
  curve.precision[0] = 1;
  curve.recall[0] = positives > 0 ? 0 : Number.NaN;
  curve.thresholds[0] = Number.POSITIVE_INFINITY;
  let i = 1;
  forEachThreshold(ranked, (threshold, truePositives, falsePositives) => {
    curve.precision[i] = truePositives / (truePositives + falsePositives);
    curve.recall[i] = truePositives / positives;
    curve.thresholds[i] = threshold;
    i++;
  });
  return curve;
}

function countThresholds(ranked: RankedScores): number {
  let count = 0;
  forEachThreshold(ranked, () => count++);
  return count;
}
