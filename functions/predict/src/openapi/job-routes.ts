import {
  closedObject,
  JOB_STATUSES,
  jobEventSchema,
  jobPageSchema,
  jobRequestSchema,
  jobSchema,
  MAX_INT32,
  text,
} from '@cflow/spec';
import { createRoute, z } from '@hono/zod-openapi';
import { archive } from './data-set-routes.js';
import { JOB, JOB_EVENT } from './examples.js';
import { noQuery, pageParameters } from './parameters.js';
import { COMMON, json, KEYS, problems } from './responses.js';

const jobParameter = z.object({
  id: z.uuid('expected the id of a job').openapi({ description: 'Id of a job', example: JOB.id }),
});

/** Characters of JSON in a form. */
const MAX_JSON_FIELD: number = 2 ** 20;

/** The JSON of a job whose data set comes in the same request. */
export const jobWithoutDataSetSchema = jobRequestSchema.omit({ dataSet: true });

export const idempotencyHeader = z.object({
  'idempotency-key': text(255)
    .regex(/^[\x21-\x7e]{1,255}$/, 'expected 1 to 255 visible ASCII characters')
    .optional()
    .openapi({ description: 'Of your choice, for example a UUID', example: 'f2c1a0c6-job-42' }),
});

export const createJobRoute = createRoute({
  method: 'post',
  path: '/v1/jobs',
  operationId: 'createJob',
  tags: ['Jobs'],
  summary: 'Train a detector',
  description:
    'Needs the scope `train`. With an Idempotency-Key the same request makes one job however often it is sent; another request with the same key is refused (422).',
  security: KEYS,
  request: {
    query: noQuery,
    headers: idempotencyHeader,
    body: {
      required: true,
      content: {
        'application/json': { schema: { $ref: '#/components/schemas/JobRequest' } },
        'multipart/form-data': {
          schema: {
            type: 'object',
            properties: {
              job: {
                type: 'string',
                contentMediaType: 'application/json',
                maxLength: MAX_JSON_FIELD,
                description: 'As JSON, without "dataSet"',
              },
              dataSet: { ...archive, description: 'The ZIP archive' },
            },
            required: ['job', 'dataSet'],
          },
        },
      },
    },
  },
  responses: {
    202: json(jobSchema, 'The job; Location is its address', { ...JOB, status: 'queued' }),
    ...problems(...COMMON, 404, 408, 413, 415, 422, 429),
  },
});

export const listJobsRoute = createRoute({
  method: 'get',
  path: '/v1/jobs',
  operationId: 'listJobs',
  tags: ['Jobs'],
  summary: 'List jobs',
  description: 'Needs the scope `train` or `read`.',
  security: KEYS,
  request: {
    query: pageParameters(/^[\w-]{3,27}$/).extend({ status: z.enum(JOB_STATUSES).optional() }),
  },
  responses: {
    200: json(jobPageSchema, 'Jobs, the newest first', { jobs: [JOB], next: null }),
    ...problems(...COMMON, 404),
  },
});

export const getJobRoute = createRoute({
  method: 'get',
  path: '/v1/jobs/{id}',
  operationId: 'getJob',
  tags: ['Jobs'],
  summary: 'Read a job',
  description:
    'Needs the scope `train` or `read`. Of its addresses the credentials and queries are left out, and to keys without `train` only the hosts are shown.',
  security: KEYS,
  request: { params: jobParameter, query: noQuery },
  responses: { 200: json(jobSchema, 'The job', JOB), ...problems(...COMMON, 404) },
});

export const cancelJobRoute = createRoute({
  method: 'post',
  path: '/v1/jobs/{id}/cancel',
  operationId: 'cancelJob',
  tags: ['Jobs'],
  summary: 'Cancel a job',
  description: 'Needs the scope `train`. A running job ends as soon as its worker hears of it.',
  security: KEYS,
  request: { params: jobParameter, query: noQuery },
  responses: { 200: json(jobSchema, 'The job', JOB), ...problems(...COMMON, 404, 409) },
});

export const jobEventsSchema = z
  .object({ events: z.array(jobEventSchema), done: z.boolean().describe('Whether there will be no more') })
  .openapi('JobEvents');

// In a column of 32 bits.
const EVENT_ID = `expected the id of an event: a whole number up to ${MAX_INT32}`;
const eventId = text(10)
  .regex(/^\d{1,10}$/, EVENT_ID)
  .transform(Number)
  .pipe(z.number().max(MAX_INT32, EVENT_ID));

export const jobEventsRoute = createRoute({
  method: 'get',
  path: '/v1/jobs/{id}/events',
  operationId: 'watchJob',
  tags: ['Jobs'],
  summary: 'Watch a job',
  description:
    'Needs the scope `train` or `read`. Server-sent events: `id` grows, `event` is the type, `data` the event as JSON; the stream ends after the final status, and 204 says that there is nothing more. With Accept: application/json the events since `after` as a list, for polling.',
  security: KEYS,
  request: {
    params: jobParameter,
    query: closedObject({
      after: eventId.optional().openapi({
        type: 'integer',
        minimum: 0,
        maximum: MAX_INT32,
        description: 'Only events with a larger id',
      }),
    }),
    headers: z.object({
      'last-event-id': z
        .union([z.literal('').transform(() => 0), eventId])
        .optional()
        .openapi({
          type: 'integer',
          minimum: 0,
          maximum: MAX_INT32,
          description: 'As "after"; browsers send it when they connect again',
        }),
    }),
  },
  responses: {
    200: {
      description: 'Events',
      content: {
        'text/event-stream': { schema: { type: 'string' } },
        'application/json': { schema: jobEventsSchema, example: { events: [JOB_EVENT], done: false } },
      },
    },
    204: { description: 'The job has ended, and the client has every event' },
    ...problems(...COMMON, 404, 429),
  },
});

export const jobLogsRoute = createRoute({
  method: 'get',
  path: '/v1/jobs/{id}/logs',
  operationId: 'getJobLogs',
  tags: ['Jobs'],
  summary: 'Read what a job has written',
  description: 'Needs the scope `train` or `read`.',
  security: KEYS,
  request: { params: jobParameter, query: noQuery },
  responses: {
    200: {
      description: 'A line for each entry: time, level, message',
      content: { 'text/plain': { schema: z.string() } },
    },
    ...problems(...COMMON, 404),
  },
});
