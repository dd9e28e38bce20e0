import { packageVersion } from '../../package-version.js';
import type { Category } from './categories.js';
import { CELL_FORMAT, type Cell, cellKey, dataSetFingerprint, type Variant } from './cell.js';

export interface PlanCellsOptions {
  categories: readonly Category[];
  variants: readonly Variant[];
  seeds: number;
  firstSeed: number;
  device: string;
  threads: number;
}

/**
 * All cells, seed by seed: after the first seed the whole table is there, only without its spread. All variants of a
 * category and a seed follow one another, so that they are timed in the same hour.
 */
export async function planCells(options: PlanCellsOptions): Promise<Cell[]> {
  const { categories, variants, firstSeed, device, threads } = options;
  const fingerprints = new Map<Category, string>();
  for (const category of categories) fingerprints.set(category, await dataSetFingerprint(category));
  const seeds = Array.from({ length: options.seeds }, (_, i) => firstSeed + i);
  return seeds.flatMap((seed) =>
    categories.flatMap((category) =>
      variants.map((variant): Cell => {
        const key = cellKey({
          format: CELL_FORMAT,
          cflow: packageVersion(),
          dataSet: fingerprints.get(category),
          category: category.name,
          // Not its name: a renamed variant is the same variant.
          ...variant.identity(seed),
          // With another number of threads, sums are rounded in another order and times differ.
          device,
          threads,
        });
        return { variant, category, seed, key };
      }),
    ),
  );
}
