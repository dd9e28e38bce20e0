import type { DataSet } from '@cflow/spec';
import type { TrainDetectorOptions } from '../run/train-detector-options.js';

/** A run that takes seconds: 64 x 64 pixels, two coupling blocks, the backbone that comes along. */
export function tinyRun(
  dataSet: DataSet,
  output: string,
  options: Partial<TrainDetectorOptions> = {},
): TrainDetectorOptions {
  return {
    dataSet,
    output,
    name: 'wood',
    preset: 'fast',
    device: 'cpu',
    threads: 2,
    evaluate: false,
    ...options,
    configuration: {
      inputSize: [64, 64],
      couplingBlocks: 2,
      conditionVector: 16,
      fiberBatchSize: 64,
      lr: 2e-3,
      ...options.configuration,
    },
    overrides: { epochs: 2, imageBatchSize: 8, validationFraction: 0.25, ...options.overrides },
  };
}
