import {
  detectorSettingsBodySchema,
  detectorSettingsPageSchema,
  detectorSettingsSchema,
  shadowReportSchema,
} from '@cflow/spec';
import { createRoute } from '@hono/zod-openapi';
import { VERSION } from './examples.js';
import { nameParameter, noQuery, pageParameters } from './parameters.js';
import { COMMON, json, KEYS, problems } from './responses.js';

const SETTINGS = {
  name: 'wood',
  revision: 3,
  threshold: 2.4,
  version: VERSION,
  minArea: 20,
  minShare: 0.1,
  keepImageDays: 90,
  note: 'fewer false alarms on line 2',
  by: 'quality',
  at: '2026-01-02T08:00:00.000Z',
};

export const getSettingsRoute = createRoute({
  method: 'get',
  path: '/v1/detectors/{name}/settings',
  operationId: 'getSettings',
  tags: ['Settings'],
  summary: 'Read what is decided for a detector',
  description: 'Needs the scope `read`. Revision 0 where nothing was decided.',
  security: KEYS,
  request: { params: nameParameter, query: noQuery },
  responses: {
    200: json(detectorSettingsSchema, 'What is in force', SETTINGS),
    ...problems(...COMMON, 404),
  },
});

export const saveSettingsRoute = createRoute({
  method: 'put',
  path: '/v1/detectors/{name}/settings',
  operationId: 'saveSettings',
  tags: ['Settings'],
  summary:
    'Decide threshold, smallest regions, what is ignored, for how long images are kept and what scores beside, as a new revision',
  description:
    'Needs the scope `admin`. Predictions that do not ask for something else have it within a second or, at the edge, ten. With `expected` only if that revision is in force, so that of two people who decide at once, one is told. An empty object goes back to what the bundle says.',
  security: KEYS,
  request: {
    params: nameParameter,
    query: noQuery,
    body: {
      required: true,
      content: {
        'application/json': {
          schema: detectorSettingsBodySchema,
          example: { threshold: 2.4, version: 'production', minArea: 20, expected: 2 },
        },
      },
    },
  },
  responses: {
    200: json(detectorSettingsSchema, 'What is in force now', SETTINGS),
    ...problems(...COMMON, 404, 409, 413, 415, 429),
  },
});

export const listSettingsRoute = createRoute({
  method: 'get',
  path: '/v1/detectors/{name}/settings/revisions',
  operationId: 'listSettings',
  tags: ['Settings'],
  summary: 'List all that was decided for a detector: what, by whom, when',
  description: 'Needs the scope `read`.',
  security: KEYS,
  request: { params: nameParameter, query: pageParameters(/^\d{10}\.json$/) },
  responses: {
    200: json(detectorSettingsPageSchema, 'Revisions, the newest first', {
      settings: [SETTINGS],
      next: null,
    }),
    ...problems(...COMMON, 404),
  },
});

export const getShadowRoute = createRoute({
  method: 'get',
  path: '/v1/detectors/{name}/shadow',
  operationId: 'getShadow',
  tags: ['Settings'],
  summary: 'Read what the shadow of a detector said beside its answers',
  description:
    'Needs the scope `read`. The version that `shadow` of the settings names scores images that were asked for by an alias once more: after the answer, one at a time, while nobody waits; what it has no time for is dropped and counted. Counts are of this replica, since it was started. Nothing is scored beside at the edge.',
  security: KEYS,
  request: { params: nameParameter, query: noQuery },
  responses: {
    200: json(shadowReportSchema, 'What is scored beside, and what came of it', {
      name: 'wood',
      shadow: { reference: 'candidate', share: 0.5 },
      scoresHere: true,
      comparisons: [
        {
          version: VERSION,
          shadow: VERSION.replace(/^./, 'a'),
          since: '2026-01-02T08:00:00.000Z',
          compared: 400,
          dropped: 12,
          failed: 0,
          agreed: 397,
          onlyShadow: 2,
          onlyAnswered: 1,
          scoreDifference: { mean: 0.04, meanAbsolute: 0.11, largest: 1.2 },
          falseAlarmDifference: { mean: -0.01, meanAbsolute: 0.03, largest: 0.4 },
          differing: [
            {
              at: '2026-01-02T09:00:00.000Z',
              score: 2.3,
              label: 'good' as const,
              shadowScore: 2.9,
              shadowLabel: 'bad' as const,
            },
          ],
        },
      ],
    }),
    ...problems(...COMMON, 404),
  },
});
