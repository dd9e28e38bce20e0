import { type Labels, type RankedScores, rankScores, type Scores } from './ranked-scores.js';

/**
 * Area under the ROC curve: the probability that a bad sample scores above a good one, a tie counting half
 * (the Mann-Whitney U statistic over the number of pairs; Hanley and McNeil, 1982). Exact up to 9e15 pairs.
 *
 * @returns A value in [0, 1], or NaN when one of the two classes is empty: the area is then not defined.
 */
export function auroc(scores: Scores, labels: Labels): number {
  return rankedAuroc(rankScores(scores, labels));
}

/** As {@link auroc}, for scores that are ranked already. */
export function rankedAuroc({ good, bad }: RankedScores): number {
  // Twice U is a whole number, so the sum carries no rounding.
  let twiceU = 0;
  let below = 0;
  let upTo = 0;
  for (let b = 0; b < bad.length; b++) {
    const score = bad[b]!;
    while (below < good.length && good[below]! < score) below++;
    while (upTo < good.length && good[upTo]! <= score) upTo++;
    twiceU += below + upTo;
  }
  return twiceU / (2 * good.length * bad.length);
}
