import * as z from 'zod';
import { MAX_INT32 } from '../bounds.js';
import { metricsSchema } from '../calibration.js';
import { dataSetReportSchema } from '../data-set.js';
import { comparisonSchema } from './comparison.js';
import { jobProgressSchema, jobSchema } from './job.js';

const whole = z.number().int();
/** Left out where it cannot be told yet. */
const secondsLeft = z.number().optional().describe('Until the end of the run, evaluation included');

/** What a training run reports while it goes on: told apart by `type`. */
export const trainingReportSchema = z
  .discriminatedUnion('type', [
    z.object({
      type: z.literal('data-set').describe('What was understood of the data set, before anything is trained'),
      report: dataSetReportSchema,
    }),
    z.object({
      type: z.literal('start'),
      name: z.string(),
      preset: z.string(),
      backbone: z.string(),
      layers: z.array(z.object({ name: z.string(), channels: whole, height: whole, width: whole })),
      device: z.string(),
      refused: z
        .array(z.object({ device: z.string(), reason: z.string() }))
        .readonly()
        .describe('Devices that were tried, and why each is not in use'),
      epochs: whole,
      trainImages: whole,
      validationImages: whole,
      testImages: whole,
    }),
    z.object({
      type: z
        .literal('fetching')
        .describe('Weights of the default backbone, which are not there yet: bytes that have come'),
      backbone: z.string(),
      done: whole,
      total: whole,
    }),
    z.object({
      type: z.literal('fallback').describe('The default backbone could not be fetched; another one serves'),
      backbone: z.string().describe('The one that serves'),
      of: z.string().describe('The one that was wanted'),
      reason: z.string(),
    }),
    z.object({ type: z.literal('resume').describe('It goes on from a checkpoint'), epoch: whole }),
    z.object({
      type: z.literal('unreadable').describe('An image was left out'),
      path: z.string(),
      reason: z.string(),
      count: whole.describe('How many were so far'),
    }),
    z.object({
      type: z
        .literal('left-out')
        .describe('The most unusual of the good images, left out as `contamination` asks'),
      count: whole,
      images: z
        .array(z.object({ path: z.string(), score: z.number().describe('By a memory of the others') }))
        .readonly()
        .describe('The first 100 of them, the most unusual first'),
    }),
    z.object({
      type: z.literal('features').describe('Images through the backbone'),
      done: whole,
      total: whole,
      secondsLeft,
    }),
    z.object({
      type: z
        .literal('comparing')
        .describe('A memory is made: good images that were compared with all others'),
      done: whole,
      total: whole,
      secondsLeft,
    }),
    z.object({
      type: z.literal('progress').describe('Some steps of one decoder are done'),
      layer: z.string(),
      epoch: whole,
      loss: z.number().describe('Mean of these steps'),
      fraction: z.number().describe('Of the whole training'),
      secondsLeft: z
        .number()
        .nullable()
        .describe('Until the end of the run; null where it cannot be told yet'),
    }),
    z.object({
      type: z.literal('epoch'),
      layer: z.string(),
      epoch: whole,
      epochs: whole,
      loss: z.number().describe("Mean over the epoch's steps"),
      heldOut: z
        .number()
        .nullable()
        .describe(
          'Mean negative log-likelihood per dimension of held-out good images; null when none are held out',
        ),
      stopped: z.boolean(),
    }),
    z.object({ type: z.literal('checkpoint'), layer: z.string(), epoch: whole }),
    z.object({
      type: z.literal('calibrated'),
      images: whole,
      threshold: z.number(),
      falseAlarmRate: z.number(),
      heldOut: z.boolean().describe('Whether the images were held out'),
      secondsLeft,
    }),
    z.object({ type: z.literal('evaluated'), metrics: metricsSchema }),
    z.object({
      type: z
        .literal('compared')
        .describe('Of a retraining: the version before and the new one on the same pictures'),
      comparison: comparisonSchema,
    }),
  ])
  .meta({ id: 'TrainingReport' });
export type TrainingReport = z.infer<typeof trainingReportSchema>;

const every = {
  id: z.number().int().positive().max(MAX_INT32).describe('Grows within the job'),
  job: z.uuid(),
  at: z.iso.datetime(),
};

/** Something that happened to a job: told apart by `type`, which says what `data` is. */
export const jobEventSchema = z
  .discriminatedUnion('type', [
    z.object({ ...every, type: z.literal('status'), data: jobSchema }),
    z.object({ ...every, type: z.literal('progress'), data: jobProgressSchema }),
    z.object({ ...every, type: z.literal('training'), data: trainingReportSchema }),
    z.object({
      ...every,
      type: z.literal('log'),
      data: z.object({ level: z.enum(['info', 'warn', 'error']), message: z.string() }),
    }),
  ])
  .meta({ id: 'JobEvent' });
export type JobEvent = z.infer<typeof jobEventSchema>;
