import { type DetectorConfigurationInput, presetFor } from '@cflow/spec';
import type { PlanOverrides } from '@cflow/training';
import type { TrainDetectorOptions } from '@cflow/training/node';
import type { DetectorFlags, ScheduleFlags } from '../detector-options.js';
import { imageLimits } from '../image-limit-options.js';
import type { TrainFlags } from './train-flags.js';

/** The flags of `cflow train` as options of a training run. */
export function trainingOptions(
  flags: TrainFlags,
): Omit<TrainDetectorOptions, 'dataSet' | 'name' | 'output'> {
  const { backbone, seed, method } = flags;
  const configuration = {
    ...detectorConfiguration(flags),
    ...withoutUndefined({ backbone, seed, method }),
  };
  const overrides = planOverrides(flags);
  return {
    preset: flags.preset ?? presetFor({ ...configuration, ...overrides }),
    configuration,
    overrides,
    weights: flags.weights,
    limits: imageLimits(flags),
    device: flags.device,
    threads: flags.threads,
    precision: flags.precision,
    resume: flags.resume,
    strict: flags.strict,
    featureBytes: flags.featureCacheBytes,
    evaluate: flags.evaluate,
  };
}

/** What the flags say of a detector, but for its backbone and its seed. */
export function detectorConfiguration(flags: DetectorFlags): DetectorConfigurationInput {
  const { layers, fiberBatchSize, decoder, conditionVector, couplingBlocks } = flags;
  const { clampAlpha, permuteSoft, fusion, lr, inputSize, tileSize, range, outOfRange } = flags;
  const geometry = flags.geometry === 'auto' ? undefined : flags.geometry;
  return withoutUndefined({
    layers,
    // The flag can only switch it off: commander gives true where it is left out.
    preTrained: flags.preTrained === false ? false : undefined,
    fiberBatchSize,
    decoder,
    conditionVector,
    couplingBlocks,
    clampAlpha,
    permuteSoft,
    fusion,
    lr,
    inputSize,
    geometry,
    tileSize,
    range,
    outOfRange,
  });
}

/** What the flags decide otherwise than the preset. */
export function planOverrides(flags: ScheduleFlags): PlanOverrides {
  const { epochs, imageBatchSize, validationFraction, contamination } = flags;
  const patience = flags.patience === 'none' ? null : flags.patience;
  return withoutUndefined({ epochs, imageBatchSize, validationFraction, contamination, patience });
}

function withoutUndefined<T extends object>(options: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never;
}
