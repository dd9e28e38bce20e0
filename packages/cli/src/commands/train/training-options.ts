import { presetFor } from '@cflow/spec';
import type { TrainDetectorOptions } from '@cflow/training/node';
import {
  detectorConfiguration,
  planOverrides,
  withoutUndefined,
} from '../../options/detector-configuration.js';
import { imageLimits } from '../../options/image-limit-options.js';
import type { TrainFlags } from './flags.js';

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
