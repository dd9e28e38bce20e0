import type { DetectorConfigurationInput } from '@cflow/spec';
import type { PlanOverrides } from '@cflow/training';
import type { DetectorFlags, ScheduleFlags } from './detector-options.js';

/** What the flags say about a detector, except its backbone and its seed. */
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

/** Where the flags override the preset. */
export function planOverrides(flags: ScheduleFlags): PlanOverrides {
  const { epochs, imageBatchSize, validationFraction, contamination } = flags;
  const patience = flags.patience === 'none' ? null : flags.patience;
  return withoutUndefined({ epochs, imageBatchSize, validationFraction, contamination, patience });
}

/** The options that were given: a flag that was left out must not hide a default. */
export function withoutUndefined<T extends object>(options: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never;
}
