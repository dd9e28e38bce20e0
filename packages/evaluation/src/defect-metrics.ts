import { rankedAuroc } from './auroc.js';
import { countAtOrAbove, defined } from './counted-at.js';
import { type Labels, rankScores, type Scores } from './ranked-scores.js';

export interface DefectMetrics {
  /** Kind of defect, as the data set names it. */
  defect: string;
  images: number;
  /** AUROC of this kind against all good images; null when there are none. */
  auroc: number | null;
  medianScore: number;
  /** Images at or above the threshold; absent when none was given. */
  detected?: number;
}

/**
 * Figures per kind of defect, in the order of the names.
 *
 * @param input `defects` names the kind of each image and is not looked at for good images.
 * @throws DataSetError when the lists are not of one length, or a score is NaN.
 */
export function computeDefectMetrics(input: {
  scores: Scores;
  labels: Labels;
  defects: readonly (string | undefined)[];
  threshold?: number | undefined;
}): DefectMetrics[] {
  const { scores, labels, defects, threshold } = input;
  const { good } = rankScores(scores, labels);
  const byDefect = new Map<string, number[]>();
  for (let i = 0; i < scores.length; i++) {
    if (!labels[i]) continue;
    const defect = defects[i] ?? 'unnamed';
    const list = byDefect.get(defect);
    if (list) list.push(scores[i]!);
    else byDefect.set(defect, [scores[i]!]);
  }
  const rows = [...byDefect].sort(([a], [b]) => (a < b ? -1 : 1));
  return rows.map(([defect, list]) => {
    const bad = Float64Array.from(list).sort();
    return {
      defect,
      images: bad.length,
      auroc: defined(rankedAuroc({ good, bad })),
      medianScore: (bad[(bad.length - 1) >> 1]! + bad[bad.length >> 1]!) / 2,
      ...(threshold === undefined ? {} : { detected: countAtOrAbove(bad, threshold) }),
    };
  });
}
