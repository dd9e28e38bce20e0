import * as z from 'zod';
import { closedObject } from '../closed-object.js';
import { detectorNameSchema, referenceSchema, versionSchema } from './names.js';

/** A version that scores beside whichever answers. */
export const shadowSchema = closedObject({
  reference: referenceSchema.describe(
    'The version that scores beside: an alias, which may be moved, or a version',
  ),
  share: z
    .number()
    .gt(0)
    .max(1)
    .optional()
    .describe('Of the images that are asked for by an alias, the share that it scores, too. Default: 1'),
})
  .describe('A version that scores beside what is asked for by an alias, after the answer and without one')
  .meta({ id: 'Shadow' });
export type Shadow = z.infer<typeof shadowSchema>;

const count = z.number().int().nonnegative();
const label = z.enum(['good', 'bad']);

const differenceSchema = z
  .object({
    mean: z
      .number()
      .describe('Of the shadow less that of the answer: 0 where neither is higher on the whole'),
    meanAbsolute: z.number().min(0),
    largest: z.number().min(0).describe('The largest, whichever was higher'),
  })
  .nullable();

/** What a shadow said of images that another version had answered. */
export const shadowComparisonSchema = z.object({
  version: versionSchema.describe('The version that answered'),
  shadow: versionSchema.describe('The version that scored beside it'),
  since: z.iso.datetime().describe('When the first image of these was offered'),
  compared: count.describe('Images that both have scored'),
  dropped: count.describe(
    'Images that the shadow did not score: nothing was idle in time, or too many waited',
  ),
  failed: count.describe('Images that the shadow could not score'),
  agreed: count.describe('Images that both call good or both bad, each at its own threshold'),
  onlyShadow: count.describe('Images that only the shadow calls bad'),
  onlyAnswered: count.describe('Images that only the version that answered calls bad'),
  scoreDifference: differenceSchema.describe(
    'Between the scores, which are on a scale of each version; null before the first',
  ),
  falseAlarmDifference: differenceSchema.describe(
    'Between the false-alarm probabilities, which are on one scale; null before the first',
  ),
  differing: z
    .array(
      z.object({
        at: z.iso.datetime().describe('When it was answered'),
        score: z.number(),
        label,
        shadowScore: z.number(),
        shadowLabel: label,
      }),
    )
    .describe('The last images that they do not agree on, 20 at most, the newest first'),
});
export type ShadowComparison = z.infer<typeof shadowComparisonSchema>;

/** What is scored beside a detector, and what came of it. */
export const shadowReportSchema = z
  .object({
    name: detectorNameSchema,
    shadow: shadowSchema.nullable().describe('As the settings say; null: nothing is scored beside'),
    scoresHere: z
      .boolean()
      .describe('False where the service scores nothing beside its answers, as at the edge'),
    comparisons: z
      .array(shadowComparisonSchema)
      .describe('One for each pair of versions, the last used first; since this replica was started'),
  })
  .meta({ id: 'ShadowReport' });
export type ShadowReport = z.infer<typeof shadowReportSchema>;
