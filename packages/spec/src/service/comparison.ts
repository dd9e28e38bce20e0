import * as z from 'zod';
import { versionSchema } from './names.js';

const count = z.number().int().nonnegative();

/** What one version says of the pictures that two are compared on. */
const comparedVersionSchema = z.object({
  version: versionSchema
    .nullable()
    .describe('Null: the one that the job has trained, whose version is its result'),
  threshold: z
    .number()
    .describe('Score from which a picture is bad, as it is in force or, of the new one, would be'),
  falseAlarms: count.describe('Good pictures that it calls bad'),
  found: count.describe('Bad pictures that it calls bad'),
  imageAuroc: z.number().min(0).max(1).nullable().describe('Null where all are good or all are bad'),
});
export type ComparedVersion = z.infer<typeof comparedVersionSchema>;

/** What is proposed: `weigh`, one is better in one way and worse in another; `unknown`, there is nothing to compare on. */
export const PROPOSALS = ['promote', 'keep', 'weigh', 'unknown'] as const;

/** Two versions on the same pictures. */
export const comparisonSchema = z
  .object({
    good: count.describe('Good pictures'),
    bad: count.describe('Bad pictures'),
    marked: count.describe('Of both, those that people have marked'),
    heldOut: z
      .boolean()
      .describe(
        'The data set has no good pictures to test on: those that the new version held out are taken, which the old one may have been trained on',
      ),
    old: comparedVersionSchema,
    new: comparedVersionSchema,
    changed: z
      .array(
        z.object({
          name: z.string().describe('Of the picture'),
          label: z.enum(['good', 'bad']).describe('What it is'),
          old: z.enum(['good', 'bad']),
          new: z.enum(['good', 'bad']),
        }),
      )
      .describe('Pictures that they do not agree on, the first 20'),
    proposal: z.enum(PROPOSALS),
    reason: z.string().describe('Why, in a sentence'),
  })
  .meta({ id: 'Comparison' });
export type Comparison = z.infer<typeof comparisonSchema>;
