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
 * All cells, seed by seed: after the first seed the whole table is there, if without its spread. All variants of a
 * category and a seed come one after another, so that their times are of the same hour.
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
          // Not its name: a variant that is called otherwise is the same.
          ...variant.identity(seed),
          // Sums are rounded in another order with other threads, and times are of one number of threads.
          device,
          threads,
        });
        return { variant, category, seed, key };
      }),
    ),
  );
}
