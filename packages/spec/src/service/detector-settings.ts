import * as z from 'zod';
import { count, float32, MAX_DAYS, MAX_INT32, text } from '../bounds.js';
import { closedObject } from '../closed-object.js';
import { drawnRegionsSchema } from './feedback.js';
import { detectorNameSchema, referenceSchema, versionSchema } from './names.js';
import { shadowSchema } from './shadow.js';
import { smallestRegion } from './smallest-region.js';

const settingFields = {
  threshold: float32()
    .optional()
    .describe('Score from which an image is bad, of the version named. Default: that of the bundle'),
  falseAlarmRate: z
    .number()
    .gt(0)
    .lt(1)
    .optional()
    .describe('Instead of a threshold, for any version: the share of good images that may be called bad'),
  pixelThreshold: float32()
    .optional()
    .describe('Map value from which a pixel belongs to a region, of the version named'),
  ...smallestRegion({ area: '1', share: '0.05' }),
  ignore: drawnRegionsSchema
    .optional()
    .describe('What is left out of score and regions of every picture, drawn on one of them'),
  keepImageDays: count(MAX_DAYS)
    .min(1)
    .optional()
    .describe(
      'Days that images are kept for: those that come with feedback, and the data sets of training jobs after the last job on them. Left out: no image is kept with feedback, and data sets for as long as the service keeps any',
    ),
  shadow: shadowSchema.optional(),
};

const note = text(500).optional().describe('Why it was decided');

/** What is decided for a detector, all of it: what is left out is the bundle's own again. */
export const detectorSettingsBodySchema = closedObject({
  ...settingFields,
  version: referenceSchema
    .optional()
    .describe('The version whose scores the thresholds are of: an alias or a version'),
  note,
  expected: count(MAX_INT32)
    .optional()
    .describe('Only if this revision is in force; 0: only if nothing was decided yet'),
})
  .refine(({ threshold, falseAlarmRate }) => threshold === undefined || falseAlarmRate === undefined, {
    message: 'give a threshold or a false-alarm rate, not both',
    path: ['falseAlarmRate'],
  })
  .refine(
    ({ threshold, pixelThreshold, version }) =>
      version !== undefined || (threshold === undefined && pixelThreshold === undefined),
    {
      message: 'scores of two versions are on two scales; say which version the threshold is of',
      path: ['version'],
    },
  )
  .meta({ id: 'DetectorSettingsBody' });
export type DetectorSettingsBody = z.infer<typeof detectorSettingsBodySchema>;

/** What is in force for a detector, or was. */
export const detectorSettingsSchema = z
  .object({
    name: detectorNameSchema,
    revision: count(MAX_INT32).describe('1, 2, …; 0: nothing was decided, the bundle counts'),
    ...settingFields,
    version: versionSchema.optional().describe('The version whose scores the thresholds are of'),
    note,
    by: text(200).optional().describe('Name of the key that it was saved with'),
    at: z.iso.datetime().max(40).optional().describe('When it was saved'),
  })
  .meta({ id: 'DetectorSettings' });
export type DetectorSettings = z.infer<typeof detectorSettingsSchema>;

export const detectorSettingsPageSchema = z
  .object({
    settings: z.array(detectorSettingsSchema),
    next: z.string().nullable().describe('Give it as "after" to get what follows; null at the end'),
  })
  .meta({ id: 'DetectorSettingsPage' });
export type DetectorSettingsPage = z.infer<typeof detectorSettingsPageSchema>;
