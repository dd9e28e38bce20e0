import {
  closedObject,
  detectorReferenceSchema,
  MAX_BASE64,
  MAX_IMAGES_PER_REQUEST,
  predictionResultSchema,
  predictOptionsSchema,
  text,
} from '@cflow/spec';
import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { answerPredict } from '../app/answer-predict.js';
import { bodyLimits } from '../app/body/read-body.js';
import { EACH, type JsonPath } from '../app/json/json-document.js';
import { readJson } from '../app/json/read-json.js';
import { type App, newApp } from '../app/new-app.js';
import type { AppParts } from '../app/parts.js';
import { invalid, ProblemError } from '../app/problem.js';
import { refuseWhenFull } from '../app/refuse-when-full.js';
import { requires } from '../app/requires.js';
import { KEYS, problems } from '../openapi/responses.js';
import { PredictionIds } from '../security/prediction-ids.js';
import { addDocumented } from './documented.js';
import { healthRoute } from './ping-route.js';
import { defaultDetector } from './sage-maker-routes.js';

const bytes = z.object({ b64: text(MAX_BASE64).min(1).describe('An image file, in base64') });
/** As Vertex AI sends binary values: `{"b64": …}`, alone or under a name. */
const instanceSchema = z.union([bytes, z.object({ image: bytes }), z.object({ image_bytes: bytes })], {
  error: 'expected {"b64": …} or {"image": {"b64": …}}',
});

/** Where images are, by the schema above. */
const IMAGES: readonly JsonPath[] = [
  ['instances', EACH, 'b64'],
  ['instances', EACH, 'image', 'b64'],
  ['instances', EACH, 'image_bytes', 'b64'],
];

const requestSchema = z
  .object({
    instances: z.array(instanceSchema).min(1).max(MAX_IMAGES_PER_REQUEST),
    parameters: closedObject({
      ...predictOptionsSchema.shape,
      detector: detectorReferenceSchema
        .optional()
        .describe('Default: the one that the service was started with'),
    })
      .partial()
      .nullish(),
  })
  .meta({ id: 'VertexRequest' });

const responseSchema = z
  .object({ predictions: z.array(predictionResultSchema) })
  .meta({ id: 'VertexResponse' });

export interface VertexRoutes {
  /** `AIP_HEALTH_ROUTE`; undefined: none. */
  healthRoute?: string | undefined;
  /** `AIP_PREDICT_ROUTE`. */
  predictRoute: string;
}

/** Vertex AI's contract: `{instances, parameters}` to `{predictions}`, one for each instance in their order. */
export function vertexRoutes(parts: AppParts, routes: VertexRoutes): App {
  const app = newApp();
  const ids = new PredictionIds(parts.secret);
  if (routes.healthRoute !== undefined) {
    app.route('/', healthRoute(parts, routes.healthRoute, 'isReadyForVertex'));
  }
  const route = createRoute({
    method: 'post',
    path: routes.predictRoute,
    operationId: 'predictForVertex',
    tags: ['Hosts'],
    summary: 'Predicts, as Vertex AI asks',
    security: KEYS,
    request: { body: { required: true, content: { 'application/json': { schema: requestSchema } } } },
    responses: {
      200: {
        description: 'One prediction for each instance',
        content: { 'application/json': { schema: responseSchema } },
      },
      ...problems(400, 401, 403, 404, 408, 413, 415, 422, 429, 503, 504),
    },
  });
  addDocumented(app, route, [requires(parts, 'predict')], async (c) => {
    refuseWhenFull(parts);
    const document = await readJson(c, bodyLimits(parts.limits), { base64: IMAGES });
    const parsed = requestSchema.safeParse(document.value);
    if (!parsed.success) throw invalid(parsed.error);
    const { detector = defaultDetector(parts), ...given } = parsed.data.parameters ?? {};
    const options = predictOptionsSchema.safeParse(given);
    if (!options.success) throw invalid(options.error, 'parameters');
    const images = parsed.data.instances.map((instance, i) => {
      const encoded = document.bytesOf(textOf(instance));
      if (!encoded?.length) throw new ProblemError('invalid-request', `instances.${i}: expected base64`);
      return { image: { encoded } };
    });
    return c.json(
      await answerPredict(c, parts, ids, { images, options: options.data, detectors: [detector] }),
    );
  });
  return app;
}

function textOf(instance: z.infer<typeof instanceSchema>): string {
  const {
    b64,
    image,
    image_bytes: file,
  } = instance as {
    b64?: string;
    image?: { b64: string };
    image_bytes?: { b64: string };
  };
  return b64 ?? image?.b64 ?? file?.b64 ?? '';
}
