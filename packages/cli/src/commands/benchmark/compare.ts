import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigurationError, DataSetError } from '@cflow/spec';
import * as z from 'zod';
import { type CellResult, cellResultSchema } from './cell.js';
import { SUMMARY } from './cell-files.js';
import { FIGURES, type Figure, forEachFigure, LESS_IS_BETTER } from './figures.js';
import { type Statistic, statistic } from './statistic.js';
import { type VariantCells, variantsIn } from './summarize.js';

/** Differences of pairs: this run minus the other. */
export interface Difference extends Statistic {
  /** Pairs in which this run is better, and in which it is worse; the rest are equal. */
  better: number;
  worse: number;
}

export interface VariantComparison {
  /** Names of the two variants. */
  here: string;
  there: string;
  /** Pairs of cells with the same category and seed. */
  pairs: number;
  categories: { category: string; differences: Record<Figure, Difference | null> }[];
  differences: Record<Figure, Difference | null>;
}

const runSchema = z.object({ cells: z.array(cellResultSchema) });

/**
 * The cells of another run, by its folder or its file.
 * @throws DataSetError when there is no run, or none that can be read
 */
export async function readRun(path: string): Promise<CellResult[]> {
  const isFolder = await stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
  const file = isFolder ? join(path, SUMMARY) : path;
  try {
    const { cells } = runSchema.parse(JSON.parse(await readFile(file, 'utf8')));
    return cells;
  } catch (cause) {
    const reason =
      (cause as NodeJS.ErrnoException).code === 'ENOENT'
        ? 'there is no such file'
        : 'it is not one, or of another version';
    throw new DataSetError(
      `expected the ${SUMMARY} of another run at "${file}": ${reason}; give the --output of a run that has ended`,
      { cause, details: { path } },
    );
  }
}

/**
 * Compares two runs, pairing cells by category and seed: what the images have in common falls out of the difference.
 * Variants are paired by name, or, where each run has a single one, with each other.
 *
 * @throws ConfigurationError when nothing can be paired
 */
export function compareRuns(here: readonly CellResult[], there: readonly CellResult[]): VariantComparison[] {
  const [own, others] = [variantsIn(here), variantsIn(there)];
  const comparisons = own.flatMap((variant) => {
    const other =
      own.length === 1 && others.length === 1 ? others[0] : others.find(({ name }) => name === variant.name);
    return other ? compareVariants(variant, other) : [];
  });
  if (comparisons.length > 0) return comparisons;
  const contents = (cells: readonly CellResult[]): string =>
    [...new Set(cells.map(({ category, variant, seed }) => `${category}/${variant}/seed ${seed}`))]
      .slice(0, 6)
      .join(', ') || 'nothing';
  throw new ConfigurationError(
    `the two runs have no category, variant and seed in common: this one has ${contents(here)}; the other ${contents(there)}`,
  );
}

/** The first variant of a run minus each of the others, in pairs. */
export function compareWithin(cells: readonly CellResult[]): VariantComparison[] {
  const [first, ...others] = variantsIn(cells);
  return first ? others.flatMap((other) => compareVariants(first, other)) : [];
}

/** One comparison, or none where they have no category and seed in common. */
function compareVariants(
  here: Pick<VariantCells, 'name' | 'cells'>,
  there: Pick<VariantCells, 'name' | 'cells'>,
): VariantComparison[] {
  const pairs = pairsOf(here.cells, there.cells);
  if (pairs.length === 0) return [];
  const names = [...new Set(pairs.map(([{ category }]) => category))];
  return [
    {
      here: here.name,
      there: there.name,
      pairs: pairs.length,
      categories: names.map((category) => ({
        category,
        differences: differencesOf(pairs.filter(([cell]) => cell.category === category)),
      })),
      differences: differencesOf(pairs),
    },
  ];
}

type Pair = readonly [here: CellResult, there: CellResult];

function pairsOf(here: readonly CellResult[], there: readonly CellResult[]): Pair[] {
  return here.flatMap((cell): Pair[] => {
    const partner = there.find(({ category, seed }) => category === cell.category && seed === cell.seed);
    return partner ? [[cell, partner]] : [];
  });
}

function differencesOf(pairs: readonly Pair[]): Record<Figure, Difference | null> {
  return forEachFigure((figure) => {
    const read = FIGURES[figure];
    const differences = pairs.flatMap(([here, there]) => {
      const [a, b] = [read(here), read(there)];
      return a === null || b === null ? [] : [a - b];
    });
    const all = statistic(differences);
    if (!all) return null;
    const sign = LESS_IS_BETTER.has(figure) ? -1 : 1;
    return {
      ...all,
      better: differences.filter((each) => each * sign > 0).length,
      worse: differences.filter((each) => each * sign < 0).length,
    };
  });
}
