import {
  aliasSchema,
  aliasStateSchema,
  closedObject,
  DEFAULT_ALIAS,
  detectorPageSchema,
  detectorSummarySchema,
  MAX_BUNDLE_FILES,
  moveAliasBodySchema,
  versionDetailSchema,
  versionPageSchema,
  versionSummarySchema,
} from '@cflow/spec';
import { createRoute, z } from '@hono/zod-openapi';
import { binary } from './binary.js';
import { SUMMARY, VERSION } from './examples.js';
import { aliasParameter, nameParameter, noQuery, pageParameters, versionParameter } from './parameters.js';
import { COMMON, json, KEYS, problems } from './responses.js';

const wood = { name: 'wood', aliases: { latest: VERSION, production: VERSION } };

export const listDetectorsRoute = createRoute({
  method: 'get',
  path: '/v1/detectors',
  operationId: 'listDetectors',
  tags: ['Detectors'],
  summary: 'List detectors',
  description: 'Needs the scope `read`.',
  security: KEYS,
  request: { query: pageParameters(/^[a-z0-9][a-z0-9._-]{0,63}$/) },
  responses: {
    200: json(detectorPageSchema, 'Detectors in the order of their names', { detectors: [wood], next: null }),
    ...problems(...COMMON),
  },
});

export const getDetectorRoute = createRoute({
  method: 'get',
  path: '/v1/detectors/{name}',
  operationId: 'getDetector',
  tags: ['Detectors'],
  summary: 'Read a detector and its aliases',
  description: 'Needs the scope `read`.',
  security: KEYS,
  request: { params: nameParameter, query: noQuery },
  responses: { 200: json(detectorSummarySchema, 'The detector', wood), ...problems(...COMMON, 404) },
});

export const listVersionsRoute = createRoute({
  method: 'get',
  path: '/v1/detectors/{name}/versions',
  operationId: 'listVersions',
  tags: ['Versions'],
  summary: 'List the versions of a detector',
  description: 'Needs the scope `read`.',
  security: KEYS,
  request: {
    params: nameParameter,
    query: pageParameters(/^[0-9T:.+-]{20,30}Z_[0-9a-f]{64}$/),
  },
  responses: {
    200: json(versionPageSchema, 'Versions, the newest first', { versions: [SUMMARY], next: null }),
    ...problems(...COMMON, 404),
  },
});

export const getVersionRoute = createRoute({
  method: 'get',
  path: '/v1/detectors/{name}/versions/{version}',
  operationId: 'getVersion',
  tags: ['Versions'],
  summary: 'Read a version and its manifest',
  description: 'Needs the scope `read`. The version may also be an alias, or its first 8 digits or more.',
  security: KEYS,
  request: { params: versionParameter, query: noQuery },
  responses: {
    200: {
      description: 'The version',
      content: { 'application/json': { schema: versionDetailSchema } },
    },
    ...problems(...COMMON, 404),
  },
});

export const publishVersionRoute = createRoute({
  method: 'post',
  path: '/v1/detectors/{name}/versions',
  operationId: 'publishVersion',
  tags: ['Versions'],
  summary: "Upload a bundle's files as a new version",
  description:
    'Needs the scope `admin`. Every file is checked against the manifest before anything becomes visible; uploading the same bundle again changes nothing.',
  security: KEYS,
  request: {
    params: nameParameter,
    query: closedObject({
      alias: z
        .union([aliasSchema, z.literal('')])
        .default(DEFAULT_ALIAS)
        .openapi({
          type: 'string',
          maxLength: 32,
          default: DEFAULT_ALIAS,
          description: 'Alias moved to the new version; empty: none',
        }),
    }),
    body: {
      required: true,
      description: "The bundle's files, each under its own name",
      content: {
        'multipart/form-data': {
          schema: {
            type: 'object',
            properties: {
              file: {
                type: 'array',
                items: binary(),
                maxItems: MAX_BUNDLE_FILES + 1,
                description: 'manifest.json and every file that it lists',
              },
            },
            required: ['file'],
          },
        },
      },
    },
  },
  responses: {
    201: json(versionSummarySchema, 'The version; Location is its address', SUMMARY),
    ...problems(...COMMON, 408, 413, 415, 422, 429),
  },
});

export const deleteVersionRoute = createRoute({
  method: 'delete',
  path: '/v1/detectors/{name}/versions/{version}',
  operationId: 'deleteVersion',
  tags: ['Versions'],
  summary: 'Delete a version that no alias holds',
  description: 'Needs the scope `admin`.',
  security: KEYS,
  request: { params: versionParameter, query: noQuery },
  responses: { 204: { description: 'It is gone' }, ...problems(...COMMON, 404, 409) },
});

export const getAliasRoute = createRoute({
  method: 'get',
  path: '/v1/detectors/{name}/aliases/{alias}',
  operationId: 'getAlias',
  tags: ['Aliases'],
  summary: 'Read where an alias points',
  description: 'Needs the scope `read`.',
  security: KEYS,
  request: { params: aliasParameter, query: noQuery },
  responses: {
    200: json(aliasStateSchema, 'The alias', { name: 'wood', alias: 'production', version: VERSION }),
    ...problems(...COMMON, 404),
  },
});

export const moveAliasRoute = createRoute({
  method: 'put',
  path: '/v1/detectors/{name}/aliases/{alias}',
  operationId: 'moveAlias',
  tags: ['Aliases'],
  summary: 'Point an alias to a version, in one step',
  description:
    'Needs the scope `admin`. With `expected` only if the alias points there now, so that of two people who move it at once, one is told.',
  security: KEYS,
  request: {
    params: aliasParameter,
    query: noQuery,
    body: {
      required: true,
      content: { 'application/json': { schema: moveAliasBodySchema, example: { version: VERSION } } },
    },
  },
  responses: {
    200: json(aliasStateSchema, 'The alias', { name: 'wood', alias: 'production', version: VERSION }),
    ...problems(...COMMON, 404, 409, 413, 415, 429),
  },
});

export const deleteAliasRoute = createRoute({
  method: 'delete',
  path: '/v1/detectors/{name}/aliases/{alias}',
  operationId: 'deleteAlias',
  tags: ['Aliases'],
  summary: 'Delete an alias',
  description: 'Needs the scope `admin`. The version that it points to stays.',
  security: KEYS,
  request: { params: aliasParameter, query: noQuery },
  responses: { 204: { description: 'It is gone' }, ...problems(...COMMON, 404) },
});
