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
import { binary } from './binary.js';
import { FEEDBACK, VERSION } from './examples.js';
import { nameParameter, noQuery, pageParameters } from './parameters.js';
import { COMMON, json, KEYS, problems } from './responses.js';

const version = referenceSchema.optional();

const predictionParameter = z.object({
  id: text(1000).min(1).openapi({ description: '"id" of a prediction', example: FEEDBACK.prediction }),
});

export const giveFeedbackRoute = createRoute({
  method: 'post',
  path: '/v1/predictions/{id}/feedback',
  operationId: 'giveFeedback',
  tags: ['Feedback'],
  summary: 'Say what a part really was',
  description:
    'Needs the scope `predict`. Kept with the version that predicted; the last word counts. A retraining takes the images that are kept with it.',
  security: KEYS,
  request: {
    params: predictionParameter,
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

export const deleteFeedbackRoute = createRoute({
  method: 'delete',
  path: '/v1/predictions/{id}/feedback',
  operationId: 'deleteFeedback',
  tags: ['Feedback'],
  summary: 'Delete what was said of a prediction, and its image',
  description: 'Needs the scope `admin`. Nothing happens when there is neither.',
  security: KEYS,
  request: { params: predictionParameter, query: noQuery },
  responses: { 204: { description: 'It is gone' }, ...problems(...COMMON, 404) },
});

const picture = binary('image/*');

export const keepImageRoute = createRoute({
  method: 'put',
  path: '/v1/predictions/{id}/image',
  operationId: 'keepImage',
  tags: ['Feedback'],
  summary: 'Keep the image of a prediction that something was said of',
  description:
    'Needs the scope `predict`. Only where the settings of the detector say for how many days (`keepImageDays`), else 409: images are kept where their owner wants it. The same file as was scored.',
  security: KEYS,
  request: {
    params: predictionParameter,
    query: noQuery,
    body: {
      required: true,
      content: {
        'image/*': { schema: picture },
        'application/octet-stream': { schema: binary() },
      },
    },
  },
  responses: {
    200: json(feedbackSchema, 'It is kept', {
      ...FEEDBACK,
      image: { bytes: 183_204, keptAt: '2026-01-02T09:00:01.000Z' },
    }),
    ...problems(...COMMON, 404, 408, 409, 413, 415, 422, 429),
  },
});

export const getKeptImageRoute = createRoute({
  method: 'get',
  path: '/v1/predictions/{id}/image',
  operationId: 'getKeptImage',
  tags: ['Feedback'],
  summary: 'Read the image of a prediction, where it is kept',
  description: 'Needs the scope `read`.',
  security: KEYS,
  request: { params: predictionParameter, query: noQuery },
  responses: {
    200: {
      description: 'The file as it was sent',
      content: { 'application/octet-stream': { schema: binary() } },
    },
    ...problems(...COMMON, 404),
  },
});

export const exportFeedbackRoute = createRoute({
  method: 'get',
  path: '/v1/detectors/{name}/feedback/export',
  operationId: 'exportFeedback',
  tags: ['Feedback'],
  summary: 'Export what was said: all of it as CSV, or the images as a data set',
  description:
    'Needs the scope `read`. `csv`: a line for each prediction that something was said of. `zip`: the images that are kept, as a data set that training reads: good ones in `train/good`, bad ones in `test/bad`, with masks where regions were drawn; those that somebody was unsure of are left out.',
  security: KEYS,
  request: {
    params: nameParameter,
    query: closedObject({
      format: z.enum(['csv', 'zip']).default('csv').describe('What it is exported as'),
      version,
    }),
  },
  responses: {
    200: {
      description: 'The table, or the archive',
      content: {
        'text/csv': { schema: z.string() },
        'application/zip': { schema: binary('application/zip') },
      },
    },
    ...problems(...COMMON, 404, 429),
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
