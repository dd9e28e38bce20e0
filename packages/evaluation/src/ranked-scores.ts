import { DataSetError } from '@cflow/spec';

/** One score per sample; higher is worse. Infinities are allowed, NaN is not. */
export type Scores = Float32Array | Float64Array | readonly number[];

/** One label per sample: true or non-zero is bad (the positive class), false or 0 is good. */
export type Labels = ArrayLike<number> | ArrayLike<boolean>;

/** Scores split by label, each part sorted ascending: all that a ranking metric needs to know. */
export interface RankedScores {
  good: Float32Array | Float64Array;
  bad: Float32Array | Float64Array;
}

/**
 * Ranks scores that are split by label already. Sorts the given arrays in place.
 *
 * @throws DataSetError when a score is NaN.
 */
export function rankParts(good: Float32Array | Float64Array, bad: Float32Array | Float64Array): RankedScores {
  // Sorting two plain arrays of numbers takes the engine's native path; sorting an index by key is far slower.
  for (const part of [good, bad]) {
    part.sort();
    // A typed array sorts NaN to its end, so the last element tells.
    if (part.length > 0 && Number.isNaN(part[part.length - 1])) {
      throw new DataSetError('every score must be a number, but some are NaN; check the maps they come from');
    }
  }
  return { good, bad };
}

/**
 * Ranks scores for the metrics: rank once, then take any of them. `scores` is left as it is.
 * Time O(n log n), memory one copy of the scores.
 *
 * @throws DataSetError when there is not one label per score, or a score is NaN.
 */
export function rankScores(scores: Scores, labels: Labels): RankedScores {
  if (scores.length !== labels.length) {
    throw new DataSetError(
      `expected one label per score, got ${scores.length} scores and ${labels.length} labels`,
      {
        details: { scores: scores.length, labels: labels.length },
      },
    );
  }
  const Part = scores instanceof Float32Array ? Float32Array : Float64Array;
  let badCount = 0;
  for (let i = 0; i < labels.length; i++) if (labels[i]) badCount++;
  const good = new Part(scores.length - badCount);
  const bad = new Part(badCount);
  let g = 0;
  let b = 0;
  for (let i = 0; i < labels.length; i++) {
    if (labels[i]) bad[b++] = scores[i]!;
    else good[g++] = scores[i]!;
  }
  return rankParts(good, bad);
}

/**
 * Visits every distinct score from the highest to the lowest with the number of bad (`truePositives`) and good
 * (`falsePositives`) samples at or above it.
 */
export function forEachThreshold(
  { good, bad }: RankedScores,
  visit: (threshold: number, truePositives: number, falsePositives: number) => void,
): void {
  let g = good.length - 1;
  let b = bad.length - 1;
  while (g >= 0 || b >= 0) {
    const threshold = g < 0 ? bad[b]! : b < 0 ? good[g]! : Math.max(good[g]!, bad[b]!);
    while (g >= 0 && good[g] === threshold) g--;
    while (b >= 0 && bad[b] === threshold) b--;
    visit(threshold, bad.length - 1 - b, good.length - 1 - g);
  }
}
