import * as z from 'zod';
import { MAX_NOTE, text } from '../bounds.js';
import { closedObject } from '../closed-object.js';
import { detectorNameSchema, versionSchema } from './names.js';

export const feedbackBodySchema = closedObject({
  label: z.enum(['good', 'bad']).describe('What the part really was'),
  note: text(MAX_NOTE).optional(),
}).meta({ id: 'FeedbackBody' });

/** A person's word on a prediction, kept with the version that made it, for its next calibration. */
export const feedbackSchema = z
  .object({
    prediction: z.string(),
    name: detectorNameSchema,
    version: versionSchema,
    score: z.number(),
    label: z.enum(['good', 'bad']),
    note: z.string().optional(),
    predictedAt: z.iso.datetime(),
    createdAt: z.iso.datetime(),
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
