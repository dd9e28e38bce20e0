import { openBackbone } from '@cflow/model/node';
import { ConfigurationError } from '@cflow/spec';
import { planTraining } from '@cflow/training';
import type { BenchmarkFlags } from '../commands/benchmark.js';
import { packageVersion } from '../package-version.js';
import { detectorConfiguration, planOverrides } from '../training/training-options.js';
import type { Category } from './categories.js';
import { CELL_FORMAT, type Cell, cellKey, dataSetFingerprint, type Variant } from './cell.js';

/**
 * What is compared: each backbone with each preset.
 * @throws ConfigurationError for weights or layers that do not say which backbone they are for
 */
export function variantsOf({ backbones, presets, weights, layers }: BenchmarkFlags): Variant[] {
  if (weights !== undefined && weights.length !== backbones.length) {
    throw new ConfigurationError(
      `--weights takes one file per backbone, in the order of --backbones: expected ${backbones.length}, got ${weights.length}`,
    );
  }
  if (layers !== undefined && backbones.length > 1) {
    throw new ConfigurationError(
      `--layers are those of one backbone, and ${backbones.length} were given: run one benchmark per backbone`,
    );
  }
  return presets.flatMap((preset) =>
    backbones.map((backbone, i) => ({ backbone, weights: weights?.[i], preset })),
  );
}

/**
 * All cells, seed by seed: after the first seed the whole table is there, if without its spread.
 * @throws ConfigurationError for options that cannot work; WeightsError for weights that are missing or do not fit
 */
export async function planCells(
  categories: readonly Category[],
  flags: BenchmarkFlags,
  threads: number,
): Promise<Cell[]> {
  const variants = variantsOf(flags);
  const preTrained = flags.preTrained !== false;
  const fingerprints = new Map<Category, string>();
  for (const category of categories) fingerprints.set(category, await dataSetFingerprint(category));
  const origins = new Map<Variant, string>();
  for (const variant of variants) {
    const { backbone: name, weights } = variant;
    origins.set(variant, (await openBackbone({ name, weights, preTrained, seed: 0 })).origin);
  }
  const seeds = Array.from({ length: flags.seeds }, (_, i) => flags.firstSeed + i);
  return seeds.flatMap((seed) =>
    variants.flatMap((variant) => {
      const { backbone, preset } = variant;
      const planned = planTraining(
        preset,
        { ...detectorConfiguration(flags), backbone, seed },
        planOverrides(flags),
      );
      return categories.map((category): Cell => {
        const key = cellKey({
          format: CELL_FORMAT,
          cflow: packageVersion(),
          dataSet: fingerprints.get(category),
          category: category.name,
          backbone: origins.get(variant),
          ...planned,
          precision: flags.precision,
          // Sums are rounded in another order with other threads, and times are of one number of threads.
          device: flags.device,
          threads,
        });
        return { variant, category, seed, key };
      });
    }),
  );
}
