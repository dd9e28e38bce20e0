// Settings of how a run trains. Apart from the service's schemas, which a page that trains need not load.
import * as z from 'zod';

export const JOB_PRESETS = ['memory', 'fast', 'anomalib', 'paper'] as const;
export type JobPreset = (typeof JOB_PRESETS)[number];

const MOST_EPOCHS = 100_000;

/** What a preset decides, to be decided otherwise. */
export const scheduleFields = {
  epochs: z.number().int().positive().max(MOST_EPOCHS).describe('Passes over the images'),
  imageBatchSize: z
    .number()
    .int()
    .positive()
    .max(65_536)
    .describe('Images whose feature vectors are shuffled together'),
  validationFraction: z
    .number()
    .min(0)
    .max(0.5)
    .describe('Share of the good images held out for early stopping and calibration'),
  contamination: z
    .number()
    .min(0)
    .max(0.4)
    .describe('Share of the good images that may be bad: so many of the most unusual are left out'),
  patience: z
    .number()
    .int()
    .positive()
    .max(MOST_EPOCHS)
    .nullable()
    .describe('Epochs without progress to stop after; null: none'),
};
