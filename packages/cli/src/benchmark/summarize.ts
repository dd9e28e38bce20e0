import type { CellResult } from './cell.js';
import { type FalseAlarms, falseAlarms } from './false-alarms.js';
import { FIGURES, type Figure, forEachFigure } from './figures.js';
import { type Statistic, statistic } from './statistic.js';

export type Figures = Record<Figure, Statistic | null>;

export interface CategorySummary {
  category: string;
  seeds: number[];
  figures: Figures;
  falseAlarms: FalseAlarms | null;
}

/** One backbone with one preset, over categories and seeds. */
export interface VariantSummary {
  backbone: string;
  preset: string;
  categories: CategorySummary[];
  /** Means over categories, seed by seed; the spread is over seeds. */
  average: Figures;
  /** Over the good images of all categories. */
  falseAlarms: FalseAlarms | null;
}

/** Mean and spread of all figures, in the order in which variants and categories come. */
export function summarize(cells: readonly CellResult[]): VariantSummary[] {
  return variantsIn(cells).map(({ backbone, preset, cells: own }) => {
    const names = [...new Set(own.map(({ category }) => category))];
    return {
      backbone,
      preset,
      categories: names.map((category) => {
        const group = own.filter((cell) => cell.category === category);
        return {
          category,
          seeds: group.map(({ seed }) => seed),
          figures: forEachFigure((figure) => statistic(group.map(FIGURES[figure]))),
          falseAlarms: falseAlarms(group),
        };
      }),
      average: forEachFigure((figure) => averageOver(own, names, figure)),
      falseAlarms: falseAlarms(own),
    };
  });
}

/** The cells by what is compared. */
export function variantsIn(
  cells: readonly CellResult[],
): { backbone: string; preset: string; cells: CellResult[] }[] {
  const variants = new Map<string, { backbone: string; preset: string; cells: CellResult[] }>();
  for (const cell of cells) {
    const { backbone, preset } = cell;
    const name = JSON.stringify([backbone, preset]);
    const variant = variants.get(name) ?? { backbone, preset, cells: [] };
    variant.cells.push(cell);
    variants.set(name, variant);
  }
  return [...variants.values()];
}

/** A seed counts when all categories have the figure: else seeds would differ by which are missing. */
function averageOver(
  cells: readonly CellResult[],
  categories: readonly string[],
  figure: Figure,
): Statistic | null {
  const seeds = [...new Set(cells.map(({ seed }) => seed))];
  const means = seeds.map((seed) => {
    const values = statistic(cells.filter((cell) => cell.seed === seed).map(FIGURES[figure]));
    return values?.count === categories.length ? values.mean : null;
  });
  return statistic(means);
}
