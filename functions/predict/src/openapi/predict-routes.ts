import {
  closedObject,
  detectorListSchema,
  MAX_DETECTORS_PER_REQUEST,
  MAX_FORM_FIELD,
  MAX_IMAGES_PER_REQUEST,
  predictImageSchema,
  predictOptionsSchema,
  predictResponseSchema,
} from '@cflow/spec';
import { createRoute, z } from '@hono/zod-openapi';
import { binary } from './binary.js';
import { PREDICTION } from './examples.js';
import { detectorParameter } from './parameters.js';
import { formOptions, MAX_DETECTORS_TEXT, predictManyTexts, predictOptionTexts } from './predict-options.js';
import { COMMON, json, KEYS, problems } from './responses.js';

const images = z
  .array(predictImageSchema)
  .min(1)
  .max(MAX_IMAGES_PER_REQUEST)
  .describe('Images, as base64 or as addresses that the service is allowed to fetch');

/** A JSON body of `POST /v1/detectors/{detector}/predict`. */
export const predictJsonSchema = closedObject({ images, ...predictOptionsSchema.shape }).openapi(
  'PredictBody',
);

/** A JSON body of `POST /v1/predict`. */
export const predictManyJsonSchema = closedObject({
  detectors: detectorListSchema,
  images,
  ...predictOptionsSchema.shape,
}).openapi('PredictManyBody');

const file = binary();

const form = (detectors: boolean) => ({
  type: 'object' as const,
  properties: {
    image: {
      type: 'array' as const,
      items: file,
      minItems: 1,
      maxItems: MAX_IMAGES_PER_REQUEST,
      description: 'The images, each a file',
    },
    ignore: {
      type: 'array' as const,
      items: file,
      maxItems: MAX_IMAGES_PER_REQUEST,
      description: 'Masks: one for all images, or one for each',
    },
    options: {
      type: 'string' as const,
      maxLength: MAX_FORM_FIELD,
      description: 'The options as JSON; each may also be a field of its own',
      contentMediaType: 'application/json',
    },
    ...formOptions,
    ...(detectors && {
      detectors: {
        type: 'string' as const,
        maxLength: MAX_DETECTORS_TEXT,
        description: `Up to ${MAX_DETECTORS_PER_REQUEST} detectors, with commas`,
      },
    }),
  },
  required: ['image'],
  additionalProperties: false,
});

const body = (schema: string, detectors: boolean) => ({
  required: true,
  description:
    'One image as it is, with the options in the address; or several as a form; or as JSON, in base64 or by address',
  // Read by the handler as they arrive; that is why they are written down here and not validated by the framework.
  content: {
    // First what says nothing of the kind: generators of clients send the first name that they find.
    'application/octet-stream': { schema: file },
    'image/*': { schema: file },
    'multipart/form-data': { schema: form(detectors) },
    'application/json': { schema: { $ref: `#/components/schemas/${schema}` } },
  },
});

const responses = {
  200: json(
    predictResponseSchema,
    'For each image the predictions of all detectors, in the order of the request',
    { predictions: [PREDICTION] },
  ),
  ...problems(...COMMON, 404, 408, 413, 415, 422, 429, 504),
};

export const predictRoute = createRoute({
  method: 'post',
  path: '/v1/detectors/{detector}/predict',
  operationId: 'predict',
  tags: ['Predict'],
  summary: 'Score images with a detector',
  description:
    'Needs the scope `predict`. `{detector}` is a name, which means its alias `latest`, or `name@reference`, where the reference is an alias, a version, or the first 8 digits of one or more.',
  security: KEYS,
  request: { params: detectorParameter, query: predictOptionTexts, body: body('PredictBody', false) },
  responses,
});

export const predictManyRoute = createRoute({
  method: 'post',
  path: '/v1/predict',
  operationId: 'predictMany',
  tags: ['Predict'],
  summary: 'Score images with several detectors',
  description: `Needs the scope \`predict\`. Every image goes through each of up to ${MAX_DETECTORS_PER_REQUEST} detectors.`,
  security: KEYS,
  request: { query: predictManyTexts, body: body('PredictManyBody', true) },
  responses,
});
