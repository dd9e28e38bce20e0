import {
  dataSetReportSchema,
  dataSetUploadSchema,
  storedDataSetPageSchema,
  storedDataSetSchema,
  text,
} from '@cflow/spec';
import { createRoute, z } from '@hono/zod-openapi';
import { binary } from './binary.js';
import { noQuery, pageParameters } from './parameters.js';
import { COMMON, json, KEYS, problems } from './responses.js';

export const archive = binary('application/zip');

const SHA256 = '5f0c1f3c0a1f4ce1b1a2f3fb3a1e7a9a5f0c1f3c0a1f4ce1b1a2f3fb3a1e7a9a';
const DATA_SET = {
  path: `data-sets/${SHA256}.zip`,
  bytes: 41_943_040,
  uploadedAt: '2026-01-05T09:00:00.000Z',
  inUse: false,
  lastUsedAt: '2026-01-05T10:30:00.000Z',
  expiresAt: '2026-01-12T10:30:00.000Z',
};

const dataSetParameter = z.object({
  name: text(128)
    .regex(/^[a-z0-9][a-z0-9._-]{0,127}$/, 'expected the name of a data set: its path behind data-sets/')
    .openapi({ description: 'Its path behind `data-sets/`', example: `${SHA256}.zip` }),
});

export const uploadDataSetRoute = createRoute({
  method: 'post',
  path: '/v1/data-sets',
  operationId: 'uploadDataSet',
  tags: ['Jobs'],
  summary: 'Upload a data set for jobs',
  description:
    'Needs the scope `train`. A ZIP archive in one of the layouts that training reads. The path is made of its hash: uploading it again gives the same. It is removed some days after its upload, or after the last job on it has ended.',
  security: KEYS,
  request: {
    query: noQuery,
    body: {
      required: true,
      content: {
        'application/zip': { schema: archive },
        // For clients that know no other name for bytes.
        'application/octet-stream': { schema: archive },
      },
    },
  },
  responses: {
    201: json(dataSetUploadSchema, 'It is kept', {
      path: DATA_SET.path,
      sha256: SHA256,
      bytes: DATA_SET.bytes,
    }),
    ...problems(...COMMON, 404, 408, 413, 415, 422),
  },
});

export const listDataSetsRoute = createRoute({
  method: 'get',
  path: '/v1/data-sets',
  operationId: 'listDataSets',
  tags: ['Jobs'],
  summary: 'List uploaded data sets',
  description: 'Needs the scope `train`.',
  security: KEYS,
  request: { query: pageParameters(/^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/) },
  responses: {
    200: json(storedDataSetPageSchema, 'Data sets, by their paths', { dataSets: [DATA_SET], next: null }),
    ...problems(...COMMON, 404),
  },
});

export const getDataSetRoute = createRoute({
  method: 'get',
  path: '/v1/data-sets/{name}',
  operationId: 'getDataSet',
  tags: ['Jobs'],
  summary: 'Read what is known of a data set',
  description: 'Needs the scope `train`.',
  security: KEYS,
  request: { params: dataSetParameter, query: noQuery },
  responses: { 200: json(storedDataSetSchema, 'The data set', DATA_SET), ...problems(...COMMON, 404) },
});

export const inspectDataSetRoute = createRoute({
  method: 'post',
  path: '/v1/data-sets/{name}/inspect',
  operationId: 'inspectDataSet',
  tags: ['Jobs'],
  summary: 'Find out what a training would understand of a data set',
  description:
    'Needs the scope `train`. What `cflow inspect` says: how many images are good and bad and from where, masks, sizes, what is skipped, and what is odd. Not found where jobs run on workers elsewhere. One at a time (429).',
  security: KEYS,
  request: { params: dataSetParameter, query: noQuery },
  responses: {
    200: {
      description: 'What was understood',
      content: { 'application/json': { schema: dataSetReportSchema } },
    },
    ...problems(...COMMON, 404, 422, 429),
  },
});

export const deleteDataSetRoute = createRoute({
  method: 'delete',
  path: '/v1/data-sets/{name}',
  operationId: 'deleteDataSet',
  tags: ['Jobs'],
  summary: 'Delete a data set',
  description:
    'Needs the scope `train`. Not while a job that waits or runs names it (409): cancel that first, or wait for its end.',
  security: KEYS,
  request: { params: dataSetParameter, query: noQuery },
  responses: { 204: { description: 'It is gone' }, ...problems(...COMMON, 404, 409) },
});
