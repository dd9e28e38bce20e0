import { type JobRequest, type JobRequestInput, jobRequestSchema } from '@cflow/spec';

/** A job that takes seconds: 64 x 64 pixels, two coupling blocks, the backbone that comes along. */
export function tinyJob(options: Partial<JobRequestInput> = {}): JobRequest {
  return jobRequestSchema.parse({
    name: 'wood',
    dataSet: { path: 'data-sets/wood.zip' },
    epochs: 2,
    validationFraction: 0.25,
    ...options,
    configuration: {
      backbone: 'embedded',
      inputSize: [64, 64],
      couplingBlocks: 2,
      conditionVector: 16,
      fiberBatchSize: 64,
      lr: 2e-3,
      ...options.configuration,
    },
  });
}
