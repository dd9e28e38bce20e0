// How a detector is trained, in the words that the command line, jobs and the hosts' training containers share: each of
// them is made of this, or is tested against it.
import * as z from 'zod';
import { MAX_NAME, MAX_TEXT, text } from '../bounds.js';
import { closedObject } from '../closed-object.js';
import { DATA_SET_LAYOUTS } from '../data-set.js';
import { JOB_PRESETS, scheduleFields } from '../schedule.js';
import { jobConfigurationSchema } from './job-configuration.js';

const folders = z.array(text(MAX_TEXT).min(1)).min(1).max(64);

/** How a data set is read; whatever is left out is recognized. */
export const dataSetReadingFields = {
  layout: z.enum(DATA_SET_LAYOUTS).describe('How it is laid out'),
  category: text(MAX_NAME).min(1).describe('Which one, where it holds several data sets'),
  missingMasks: z
    .enum(['error', 'ignore'])
    .describe(
      'A bad image without a mask where others have one, or with an empty one, is an error unless this is "ignore"',
    ),
  good: folders.describe('Folders of good images in it'),
  bad: folders.describe('Folders of bad images in it'),
  masks: folders.describe('Folders of masks in it, called like the bad images that they belong to'),
  region: text(MAX_TEXT)
    .min(1)
    .describe(
      'A mask in it, not black where pictures count, or a folder of one for each picture, called like it: what is outside takes no part',
    ),
};

/** All of it. */
export const trainingSettingsSchema = closedObject({
  layout: dataSetReadingFields.layout.optional(),
  category: dataSetReadingFields.category.optional(),
  missingMasks: dataSetReadingFields.missingMasks.optional(),
  good: dataSetReadingFields.good.optional(),
  bad: dataSetReadingFields.bad.optional(),
  masks: dataSetReadingFields.masks.optional(),
  region: dataSetReadingFields.region.optional(),
  preset: z
    .enum(JOB_PRESETS)
    .optional()
    .describe(
      'The recipe; left out: memory, or fast where something is set that only a flow has, such as epochs',
    ),
  configuration: jobConfigurationSchema.default({}).describe("What differs from the preset's configuration"),
  epochs: scheduleFields.epochs.optional(),
  imageBatchSize: scheduleFields.imageBatchSize.optional(),
  validationFraction: scheduleFields.validationFraction.optional(),
  contamination: scheduleFields.contamination.optional(),
  patience: scheduleFields.patience.optional(),
  precision: z
    .enum(['float32', 'float16'])
    .default('float32')
    .describe('How weights are stored; computed in float32 either way'),
  strict: z
    .boolean()
    .default(false)
    .describe('Fail at an image that cannot be read instead of leaving it out'),
  evaluate: z.boolean().default(true).describe('Evaluate on the test images, where there are any'),
});
export type TrainingSettings = z.infer<typeof trainingSettingsSchema>;
