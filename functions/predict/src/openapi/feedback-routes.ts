import {
  closedObject,
  driftSchema,
  feedbackBodySchema,
  feedbackPageSchema,
  feedbackSchema,
  referenceSchema,
  text,
} from '@cflow/spec';
import { createRoute, z } from '@hono/zod-openapi';
import { FEEDBACK, VERSION } from './examples.js';
import { nameParameter, noQuery, pageParameters } from './parameters.js';
import { COMMON, json, KEYS, problems } from './responses.js';

const version = referenceSchema.optional();

export const giveFeedbackRoute = createRoute({
  method: 'post',
  path: '/v1/predictions/{id}/feedback',
  operationId: 'giveFeedback',
  tags: ['Feedback'],
  summary: 'Say what a part really was',
  description: 'Needs the scope `predict`. Kept with the version that predicted, for its next calibration.',
  security: KEYS,
  request: {
    params: z.object({
      id: text(1000).min(1).openapi({ description: '"id" of a prediction', example: FEEDBACK.prediction }),
    }),
    query: noQuery,
    body: {
      required: true,
      content: { 'application/json': { schema: feedbackBodySchema, example: { label: 'good' } } },
    },
  },
  responses: {
    201: json(feedbackSchema, 'It is kept', FEEDBACK),
    ...problems(...COMMON, 404, 413, 415, 429),
  },
});

export const listFeedbackRoute = createRoute({
  method: 'get',
  path: '/v1/detectors/{name}/feedback',
  operationId: 'listFeedback',
  tags: ['Feedback'],
  summary: "List feedback on a detector's predictions",
  description: 'Needs the scope `read`.',
  security: KEYS,
  request: {
    params: nameParameter,
    query: pageParameters(/^[0-9a-f]{64}\/[0-9a-f]{40}\.json$/).extend({ version }),
  },
  responses: {
    200: json(feedbackPageSchema, 'Feedback', { feedback: [FEEDBACK], next: null }),
    ...problems(...COMMON, 404),
  },
});

export const getDriftRoute = createRoute({
  method: 'get',
  path: '/v1/detectors/{name}/drift',
  operationId: 'getDrift',
  tags: ['Feedback'],
  summary: 'Whether recent scores still look like those of calibration',
  description:
    'Needs the scope `read`. Compares the last 1000 scores at most that this replica gave with the good images of the calibration. A small p-value says that something changed: the light, the camera, or how many parts are bad.',
  security: KEYS,
  request: { params: nameParameter, query: closedObject({ version }) },
  responses: {
    200: json(driftSchema, 'The test', {
      name: 'wood',
      version: VERSION,
      method: 'kolmogorov-smirnov',
      samples: 1000,
      calibrationSamples: 61,
      statistic: 0.08,
      pValue: 0.83,
      since: '2026-01-02T08:00:00.000Z',
    }),
    ...problems(...COMMON, 404),
  },
});
