import * as spec from '@cflow/spec';
import { boundedRecord, closedObject, float32, text } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createMetrics } from '../compat/metrics.js';
import { inferRequestSchema } from '../compat/open-inference/infer-request.js';
import { indexRequestSchema } from '../compat/open-inference/repository-index.js';
import { hostExtras } from '../node/host-routes.js';
import { readServiceEnvironment } from '../node/service-configuration.js';
import { unboundedPlaces } from '../testing/unbounded-places.js';
import { undescribedBounds } from '../testing/undescribed-bounds.js';
import { jobWithoutDataSetSchema } from './job-routes.js';
import { openApiDocument } from './open-api-document.js';
import { predictManyTexts, predictOptionTexts } from './predict-options.js';
import { describedApp } from './published-open-api.js';

const environment = readServiceEnvironment({
  AIP_PREDICT_ROUTE: '/vertex',
  AIP_HEALTH_ROUTE: '/vertex-health',
});
const app = describedApp('0.0.0', hostExtras(createMetrics(), environment));

interface Request {
  body?: { content: Record<string, { schema: unknown }> };
  headers?: unknown;
  params?: unknown;
  query?: unknown;
}

/** Of every route what its framework or its handler checks, by method, path and part. */
function requestSchemas(): [string, z.ZodType][] {
  return app.openAPIRegistry.definitions.flatMap((definition): [string, z.ZodType][] => {
    if (definition.type !== 'route') return [];
    const { method, path } = definition.route;
    const { body, headers, params, query } = (definition.route.request ?? {}) as Request;
    const parts: [string, unknown][] = [
      ['headers', headers],
      ['params', params],
      ['query', query],
      ...Object.entries(body?.content ?? {}).map(([type, { schema }]): [string, unknown] => [type, schema]),
    ];
    return parts.flatMap(([part, schema]): [string, z.ZodType][] =>
      schema instanceof z.ZodType ? [[`${method} ${path} ${part}`, schema]] : [],
    );
  });
}

/** What is written by the service, or by whoever holds its store, and read by others: their sizes follow from it. */
const ANSWERS: ReadonlySet<string> = new Set([
  'aliasStateSchema',
  'comparisonSchema',
  'dataSetFindingSchema',
  'dataSetGroupSchema',
  'dataSetReportSchema',
  'dataSetUploadSchema',
  'detectorPageSchema',
  'detectorSettingsPageSchema',
  'detectorSummarySchema',
  'driftSchema',
  'feedbackPageSchema',
  'feedbackSchema',
  'jobEventSchema',
  'jobPageSchema',
  'jobSchema',
  'storedDataSetPageSchema',
  'jobProgressSchema',
  'trainingReportSchema',
  'storedDataSetSchema',
  'mapPayloadSchema',
  'predictResponseSchema',
  'predictionResultSchema',
  'problemSchema',
  'shadowComparisonSchema',
  'shadowReportSchema',
  'skippedFilesSchema',
  'versionDetailSchema',
  'versionPageSchema',
  'versionSummarySchema',
]);

/** What may be anything, and who looks at it. */
const READ_APART: ReadonlySet<string> = new Set([
  // As many as a body holds; counted and read as numbers or base64 by what takes tensors apart.
  'inputs.[].data.[]: unknown, which may be anything',
  // Bytes of an image as they are: the limit of the body is theirs.
  '(all): a text without a longest length',
]);

const exported: Readonly<Record<string, unknown>> = spec;
const ofSpec = Object.entries(exported).flatMap(([name, value]): [string, z.ZodType][] =>
  value instanceof z.ZodType && !ANSWERS.has(name) ? [[name, value]] : [],
);

describe('what strangers may send', () => {
  it('is found: more routes and schemas than a few', () => {
    expect(requestSchemas().length).toBeGreaterThan(40);
    expect(ofSpec.map(([name]) => name)).toEqual(
      expect.arrayContaining(['bundleManifestSchema', 'jobRequestSchema', 'predictOptionsSchema']),
    );
    for (const name of ANSWERS) expect(spec).toHaveProperty(name);
  });

  it.each(requestSchemas())('has a bound everywhere: %s', (name, schema) => {
    const image = /x-image$|image\/\*$|octet-stream$/.test(name);
    const found = unboundedPlaces(schema).filter(
      (place) => !READ_APART.has(place) || (place.startsWith('(all)') && !image),
    );
    expect(found).toEqual([]);
  });

  it.each([
    ...ofSpec,
    ['predictOptionTexts', predictOptionTexts] as const,
    ['predictManyTexts', predictManyTexts] as const,
    ['jobWithoutDataSetSchema', jobWithoutDataSetSchema] as const,
    ['inferRequestSchema', inferRequestSchema] as const,
    ['indexRequestSchema', indexRequestSchema] as const,
  ])('has a bound everywhere: %s', (_, schema) => {
    expect(unboundedPlaces(schema).filter((place) => !READ_APART.has(place))).toEqual([]);
  });

  it('is described with its bounds', () => {
    expect(undescribedBounds(openApiDocument(app, '0.0.0'))).toEqual([]);
  });
});

describe('unboundedPlaces', () => {
  it.each<[string, z.ZodType, string]>([
    ['a text', z.string(), '(all): a text without a longest length'],
    [
      'a text that is matched before its length is known',
      z.string().regex(/^a*$/).max(5),
      '(all): a text without a longest length',
    ],
    ['an address', z.url().max(5), '(all): a text without a longest length'],
    ['a list', z.object({ a: z.array(z.boolean()) }), 'a: a list without a largest count'],
    [
      'a list that is looked through before it is counted',
      z
        .array(z.boolean())
        .refine(() => true)
        .max(3),
      '(all): a list without a largest count',
    ],
    ['a list of what has none', z.array(z.string()).max(3).optional(), '[]: a text without a longest length'],
    [
      'a number',
      z.union([z.boolean(), z.number().min(0)]),
      '(all): a number without a least and a largest value',
    ],
    ['a whole number', z.number().int(), '(all): a number without a least and a largest value'],
    ['a record', z.record(text(3), z.boolean()), '(all): a record without a largest count'],
    ['keys', boundedRecord(z.string(), z.boolean(), 3), '{key}: a text without a longest length'],
    [
      'an object that names each unknown field',
      z.strictObject({}),
      '(all): an object that does not count its fields',
    ],
    ['an object that keeps unknown fields', closedObject({}).loose(), '{}: unknown, which may be anything'],
    [
      'anything',
      z.object({ a: z.object({ b: z.unknown().nullish() }) }),
      'a.b: unknown, which may be anything',
    ],
    ['a tuple that goes on', z.tuple([z.boolean()], z.boolean()), '(all): a list without a largest count'],
    ['what is made of a text', z.string().transform(Number), '(all): a text without a longest length'],
  ])('finds %s', (_, schema, place) => {
    expect(unboundedPlaces(schema)).toEqual([place]);
  });

  it('finds nothing where all is bounded', () => {
    const bounded = closedObject({ a: text(3).regex(/a/), b: z.array(float32()).min(1).max(2), c: z.uuid() });
    for (const schema of [
      bounded,
      bounded.partial(),
      bounded.extend({ d: z.boolean() }),
      bounded.nullable(),
    ]) {
      expect(unboundedPlaces(schema)).toEqual([]);
    }
  });
});

describe('undescribedBounds', () => {
  it.each([
    [{ type: 'string' }, 'a body: maxLength'],
    [{ type: ['number', 'null'], minimum: 0 }, 'a body: minimum and maximum'],
    [{ type: 'array', items: { type: 'boolean' } }, 'a body: maxItems'],
    [{ type: 'object', properties: { b: { $ref: '#/components/schemas/B' } } }, 'a body.b[]: maxLength'],
    [{ type: 'object', additionalProperties: { type: 'boolean' } }, 'a body: maxProperties'],
  ])('finds what %j lacks', (schema, expected) => {
    const B = { type: 'array', maxItems: 3, items: { type: 'string' } };
    const operation = { operationId: 'a', requestBody: { content: { body: { schema } } } };
    const document = { paths: { '/': { post: operation } }, components: { schemas: { B } } };
    expect(undescribedBounds(document)).toEqual([expected]);
  });
});
