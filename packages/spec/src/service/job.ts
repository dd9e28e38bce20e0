import * as z from 'zod';
import { text } from '../bounds.js';
import { metricsSchema } from '../calibration.js';
import { closedObject } from '../closed-object.js';
import { dataSetReportSchema } from '../data-set.js';
import { comparisonSchema } from './comparison.js';
import { httpUrlSchema } from './http-url.js';
import { aliasSchema, DEFAULT_ALIAS, detectorNameSchema, versionSchema } from './names.js';
import { PROBLEM_CODES } from './problem.js';
import { trainingSettingsSchema } from './training-settings.js';

/** Where a data set is: uploaded to the store before, or at an address that the service is allowed to fetch. */
export const dataSetReferenceSchema = z
  .union(
    [
      closedObject({
        path: text(138)
          .regex(
            /^data-sets\/[a-z0-9][a-z0-9._-]{0,127}$/,
            'expected data-sets/<name>, as an upload answers it',
          )
          .describe('Of an archive in the store'),
      }),
      closedObject({
        url: httpUrlSchema.describe('Of a ZIP archive'),
      }),
    ],
    {
      error:
        'expected {"path": "data-sets/<name>"}, as an upload answers it, or {"url": "https://…"} of a ZIP archive',
    },
  )
  .meta({ id: 'DataSetReference' });
export type DataSetReference = z.infer<typeof dataSetReferenceSchema>;

/** A training job: what to train on, how, and what becomes of the result. */
export const jobRequestSchema = closedObject({
  name: detectorNameSchema.describe('The detector that the result is a version of'),
  dataSet: dataSetReferenceSchema,
  ...trainingSettingsSchema.shape,
  retrain: closedObject({
    version: versionSchema.describe('The version that is to be better'),
  })
    .optional()
    .describe(
      'Also train on what people marked as good, and compare the result with this version on the same pictures',
    ),
  alias: aliasSchema.nullable().default(DEFAULT_ALIAS).describe('Alias moved to the new version; null: none'),
  webhook: closedObject({ url: httpUrlSchema })
    .optional()
    .describe('Told when the job has ended, signed as in Standard Webhooks'),
  timeoutSeconds: z
    .number()
    .int()
    .min(10)
    .max(7 * 86_400)
    .default(86_400)
    .describe('Of one attempt'),
  maxAttempts: z.number().int().min(1).max(10).default(3),
}).meta({ id: 'JobRequest' });
export type JobRequest = z.infer<typeof jobRequestSchema>;
export type JobRequestInput = z.input<typeof jobRequestSchema>;

export const JOB_STATUSES = ['queued', 'running', 'succeeded', 'failed', 'cancelled'] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];

const instant = z.iso.datetime();

export const jobProgressSchema = z
  .object({
    fraction: z.number().min(0).max(1),
    phase: z.enum(['waiting', 'fetching', 'features', 'training', 'calibrating', 'publishing', 'done']),
  })
  .meta({ id: 'JobProgress' });

export const jobSchema = z
  .object({
    id: z.uuid(),
    status: z.enum(JOB_STATUSES),
    request: jobRequestSchema,
    createdAt: instant,
    startedAt: instant.nullable().describe('Of the first attempt'),
    finishedAt: instant.nullable(),
    attempt: z.number().int().describe('Attempts begun'),
    cancelRequested: z.boolean(),
    progress: jobProgressSchema,
    dataSet: dataSetReportSchema
      .nullable()
      .describe('What was understood of the data set, once it is unpacked'),
    comparison: comparisonSchema
      .nullable()
      .describe(
        'Of a retraining: the version before and the new one on the same pictures, and what is proposed',
      ),
    result: z
      .object({ name: detectorNameSchema, version: versionSchema, metrics: metricsSchema.nullable() })
      .nullable(),
    error: z.object({ code: z.enum(PROBLEM_CODES), message: z.string() }).nullable(),
  })
  .meta({ id: 'Job' });
export type Job = z.infer<typeof jobSchema>;

export const jobPageSchema = z
  .object({ jobs: z.array(jobSchema), next: z.string().nullable() })
  .meta({ id: 'JobPage' });
export type JobPage = z.infer<typeof jobPageSchema>;

export const dataSetUploadSchema = z
  .object({
    path: z.string().describe('For "dataSet.path" of a job'),
    sha256: z.string(),
    bytes: z.number().int(),
  })
  .meta({ id: 'DataSetUpload' });
export type DataSetUpload = z.infer<typeof dataSetUploadSchema>;

/** An archive in the store, and how long it stays. */
export const storedDataSetSchema = z
  .object({
    path: z.string().describe('For "dataSet.path" of a job'),
    bytes: z.number().int(),
    uploadedAt: instant,
    inUse: z.boolean().describe('A job that waits or runs names it'),
    lastUsedAt: instant.nullable().describe('When the last job on it has ended'),
    expiresAt: instant
      .nullable()
      .describe('When it may be removed; null: not by itself, or not while it is in use'),
  })
  .meta({ id: 'StoredDataSet' });
export type StoredDataSet = z.infer<typeof storedDataSetSchema>;

export const storedDataSetPageSchema = z
  .object({ dataSets: z.array(storedDataSetSchema), next: z.string().nullable() })
  .meta({ id: 'StoredDataSetPage' });
export type StoredDataSetPage = z.infer<typeof storedDataSetPageSchema>;
