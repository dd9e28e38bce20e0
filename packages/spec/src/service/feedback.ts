import * as z from 'zod';
import { count, MAX_CORNERS, MAX_NOTE, MAX_OUTLINES, MAX_PIXELS, text } from '../bounds.js';
import { closedObject } from '../closed-object.js';
import { detectorNameSchema, versionSchema } from './names.js';

/** What a part really was; `unsure`: somebody else is to look at it. */
export const FEEDBACK_LABELS = ['good', 'bad', 'unsure'] as const;
export type FeedbackLabel = (typeof FEEDBACK_LABELS)[number];

const side = count(65_535).min(1);

/** What a person drew on a picture: where it is bad. */
export const drawnRegionsSchema = closedObject({
  width: side.describe('Of the picture as it was sent, upright, in pixels'),
  height: side,
  outlines: z
    .array(
      z
        .array(z.tuple([count(65_535), count(65_535)]))
        .min(3)
        .max(MAX_CORNERS),
    )
    .min(1)
    .max(MAX_OUTLINES)
    .describe('Corners [x, y] of each region, in pixels of the picture; the last is joined to the first'),
})
  // Masks of this size are made of them.
  .refine(({ width, height }) => width * height <= MAX_PIXELS, {
    message: `expected the size of a picture, which has at most ${MAX_PIXELS} pixels`,
    path: ['width'],
  })
  .meta({ id: 'DrawnRegions' });
export type DrawnRegions = z.infer<typeof drawnRegionsSchema>;

const label = z.enum(FEEDBACK_LABELS).describe('What the part really was; unsure: somebody else is to look');

export const feedbackBodySchema = closedObject({
  label,
  note: text(MAX_NOTE).optional(),
  regions: drawnRegionsSchema.optional().describe('Where it is bad'),
})
  .refine((body) => body.regions === undefined || body.label === 'bad', {
    message: 'regions are of what is bad; leave them out, or label the part bad',
    path: ['regions'],
  })
  .meta({ id: 'FeedbackBody' });

/** A person's word on a prediction, kept with the version that made it, for its next calibration. */
export const feedbackSchema = z
  .object({
    prediction: z.string(),
    name: detectorNameSchema,
    version: versionSchema,
    score: z.number(),
    label,
    note: z.string().optional(),
    regions: drawnRegionsSchema.optional(),
    by: text(200).optional().describe('Name of the key that it was said with'),
    predictedAt: z.iso.datetime(),
    createdAt: z.iso.datetime(),
    image: z
      .object({ bytes: count(Number.MAX_SAFE_INTEGER), keptAt: z.iso.datetime().max(40) })
      .optional()
      .describe('The image, where it is kept'),
  })
  .meta({ id: 'Feedback' });
export type Feedback = z.infer<typeof feedbackSchema>;

export const feedbackPageSchema = z
  .object({ feedback: z.array(feedbackSchema), next: z.string().nullable() })
  .meta({ id: 'FeedbackPage' });

/** Whether recent scores still look like those of the good images that the detector was calibrated on. */
export const driftSchema = z
  .object({
    name: detectorNameSchema,
    version: versionSchema,
    method: z.literal('kolmogorov-smirnov'),
    samples: z.number().int().describe('Recent scores that were compared'),
    calibrationSamples: z.number().int().describe('Good images of the calibration'),
    statistic: z
      .number()
      .min(0)
      .max(1)
      .nullable()
      .describe('Largest distance between the two distribution functions; null without samples'),
    pValue: z
      .number()
      .min(0)
      .max(1)
      .nullable()
      .describe('Probability of a distance this large when nothing has changed'),
    since: z.iso.datetime().nullable().describe('When the oldest of the samples was scored'),
  })
  .meta({ id: 'Drift' });
export type Drift = z.infer<typeof driftSchema>;
