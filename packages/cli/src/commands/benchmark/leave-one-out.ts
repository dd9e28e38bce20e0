import type { CellResult } from './cell.js';
import { FIGURES, type Figure } from './figures.js';
import { statistic } from './statistic.js';
import { type VariantCells, variantsIn } from './summarize.js';

/** A variant and its mean of a figure on one category. */
export interface Standing {
  variant: string;
  value: number;
}

/** What a variant gives on a category when it was chosen without looking at that category. */
export interface LeftOutChoice {
  category: string;
  /** The detector that is best on average over the other categories, and its figure on this one. */
  chosen: Standing;
  /** The detector that is best on this category: known only by looking at it. */
  best: Standing;
  /** The best of the peers on it, where there are any. */
  bestPeer: Standing | null;
}

/**
 * Leaves one category out at a time: the detector is chosen on the others and confirmed on the one that was left out. The
 * mean over categories of the chosen ones is what such a choice is worth; the best one found on each category is not.
 *
 * @returns nothing with fewer than two detectors, or fewer than two categories for which all of them have the figure
 */
export function leaveOneOut(cells: readonly CellResult[], figure: Figure = 'imageAuroc'): LeftOutChoice[] {
  const variants = variantsIn(cells);
  const detectors = variants.filter(({ kind }) => kind === 'detector');
  const peers = variants.filter(({ kind }) => kind === 'peer');
  const categories = [...new Set(cells.map(({ category }) => category))].filter((category) =>
    detectors.every((each) => meanOn(each, [category], figure) !== null),
  );
  if (detectors.length < 2 || categories.length < 2) return [];
  return categories.flatMap((category) => {
    const others = categories.filter((name) => name !== category);
    const chosen = best(detectors, others, figure);
    const here = best(detectors, [category], figure);
    const own = detectors.find(({ name }) => name === chosen?.variant);
    if (!chosen || !here || !own) return [];
    return [
      {
        category,
        chosen: { variant: chosen.variant, value: meanOn(own, [category], figure) as number },
        best: here,
        bestPeer: best(peers, [category], figure) ?? null,
      },
    ];
  });
}

/** The variant with the highest mean; the earlier one of two that are equal. */
function best(
  variants: readonly VariantCells[],
  categories: readonly string[],
  figure: Figure,
): Standing | undefined {
  let found: Standing | undefined;
  for (const variant of variants) {
    const value = meanOn(variant, categories, figure);
    if (value !== null && (!found || value > found.value)) found = { variant: variant.name, value };
  }
  return found;
}

/** Mean over categories of the mean over seeds; null where one of them has none. */
function meanOn({ cells }: VariantCells, categories: readonly string[], figure: Figure): number | null {
  const means = categories.map(
    (category) =>
      statistic(cells.filter((cell) => cell.category === category).map(FIGURES[figure]))?.mean ?? null,
  );
  return means.includes(null) ? null : (statistic(means)?.mean ?? null);
}
