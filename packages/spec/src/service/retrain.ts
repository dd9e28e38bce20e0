import type * as z from 'zod';
import { closedObject } from '../closed-object.js';
import { httpUrlSchema } from './http-url.js';
import { dataSetReferenceSchema } from './job.js';
import { aliasSchema, DEFAULT_ALIAS, referenceSchema } from './names.js';

/** The alias of a version that was trained to be better and that nothing uses yet. */
export const CANDIDATE_ALIAS = 'candidate';

/** What a retraining is asked for: all but the version is taken from the job that trained it. */
export const retrainBodySchema = closedObject({
  version: referenceSchema
    .default(DEFAULT_ALIAS)
    .describe('The version that is to be better: an alias or a version'),
  dataSet: dataSetReferenceSchema
    .optional()
    .describe('Where its images are. Default: those that it was trained on, where they are still kept'),
  alias: aliasSchema
    .nullable()
    .default(CANDIDATE_ALIAS)
    .describe(
      'Alias moved to the new version; null: none. Nothing that is used changes until an alias in use is moved',
    ),
  webhook: closedObject({ url: httpUrlSchema })
    .optional()
    .describe('Told when the job has ended, signed as in Standard Webhooks'),
}).meta({ id: 'RetrainBody' });
export type RetrainBody = z.infer<typeof retrainBodySchema>;
