import { jobSchema, retrainBodySchema } from '@cflow/spec';
import { createRoute } from '@hono/zod-openapi';
import { JOB, VERSION } from './examples.js';
import { idempotencyHeader } from './job-routes.js';
import { nameParameter, noQuery } from './parameters.js';
import { COMMON, json, KEYS, problems } from './responses.js';

export const retrainRoute = createRoute({
  method: 'post',
  path: '/v1/detectors/{name}/retrain',
  operationId: 'retrain',
  tags: ['Jobs'],
  summary: 'Train a better version with what people said',
  description:
    'Needs the scope `train`. Takes the images that a version was trained on, where they are still kept (`keepImageDays`), and those that came with feedback: what is good is trained on, but for a quarter, and what is bad is tested on. Both versions are compared on the same pictures, and the `comparison` of the job proposes what to do. The new version gets the alias `candidate`; nothing that is used changes until an alias in use is moved.',
  security: KEYS,
  request: {
    params: nameParameter,
    query: noQuery,
    headers: idempotencyHeader,
    body: {
      required: true,
      content: { 'application/json': { schema: retrainBodySchema, example: { version: 'production' } } },
    },
  },
  responses: {
    202: json(jobSchema, 'The job; Location is its address', {
      ...JOB,
      status: 'queued',
      request: { ...JOB.request, alias: 'candidate', retrain: { version: VERSION } },
    }),
    ...problems(...COMMON, 404, 413, 415, 422, 429),
  },
});
