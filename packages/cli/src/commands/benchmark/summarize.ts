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

/** Several categories taken together. */
export interface PartSummary {
  categories: string[];
  /** Means over the categories that have the figure, seed by seed; the spread is over seeds. */
  average: Figures;
  /** Over the good images of all of them. */
  falseAlarms: FalseAlarms | null;
}

/** One variant over categories and seeds. */
export interface VariantSummary extends Omit<PartSummary, 'categories'> {
  name: string;
  kind: CellResult['kind'];
  backbone: string;
  preset: string;
  categories: CategorySummary[];
  /** Where the categories that choices were based on were given: those, and those that confirm them. */
  parts?: { chosenOn: PartSummary; confirmedOn: PartSummary };
}

/**
 * Mean and spread of all figures, in the order in which variants and categories come.
 * @param chosenOn categories that choices were based on, to be told apart from those that confirm them
 */
export function summarize(cells: readonly CellResult[], chosenOn: readonly string[] = []): VariantSummary[] {
  return variantsIn(cells).map(({ cells: own, ...variant }) => {
    const names = [...new Set(own.map(({ category }) => category))];
    const part = (categories: string[]): PartSummary => {
      const members = own.filter(({ category }) => categories.includes(category));
      return {
        categories,
        average: forEachFigure((figure) => averageOver(members, categories, figure)),
        falseAlarms: falseAlarms(members),
      };
    };
    const { average, falseAlarms: alarms } = part(names);
    return {
      ...variant,
      categories: names.map((category) => {
        const group = own.filter((cell) => cell.category === category);
        return {
          category,
          seeds: group.map(({ seed }) => seed),
          figures: forEachFigure((figure) => statistic(group.map(FIGURES[figure]))),
          falseAlarms: falseAlarms(group),
        };
      }),
      average,
      falseAlarms: alarms,
      ...(chosenOn.length > 0 && {
        parts: {
          chosenOn: part(names.filter((name) => chosenOn.includes(name))),
          confirmedOn: part(names.filter((name) => !chosenOn.includes(name))),
        },
      }),
    };
  });
}

export interface VariantCells extends Pick<CellResult, 'kind' | 'backbone' | 'preset'> {
  name: string;
  cells: CellResult[];
}

/** The cells by what is compared. */
export function variantsIn(cells: readonly CellResult[]): VariantCells[] {
  const variants = new Map<string, VariantCells>();
  for (const cell of cells) {
    const { variant: name, kind, backbone, preset } = cell;
    const variant = variants.get(name) ?? { name, kind, backbone, preset, cells: [] };
    variant.cells.push(cell);
    variants.set(name, variant);
  }
  return [...variants.values()];
}

/**
 * A seed counts when all categories that have the figure have it for that seed: otherwise seeds would differ by which are
 * missing. A category without masks has no figure of pixels with any seed.
 */
function averageOver(
  cells: readonly CellResult[],
  categories: readonly string[],
  figure: Figure,
): Statistic | null {
  const read = FIGURES[figure];
  const having = categories.filter((name) =>
    cells.some((cell) => cell.category === name && read(cell) !== null),
  );
  const seeds = [...new Set(cells.map(({ seed }) => seed))];
  const means = seeds.map((seed) => {
    const values = statistic(cells.filter((cell) => cell.seed === seed).map(read));
    return values?.count === having.length ? values.mean : null;
  });
  return statistic(means);
}
