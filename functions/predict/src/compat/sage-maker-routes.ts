import { DEFAULT_ALIAS, predictOptionsSchema, predictResponseSchema, text } from '@cflow/spec';
import { createRoute } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { z } from 'zod';
import { answerPredict } from '../app/answer-predict.js';
import { bodyLimits, mediaType, readBody } from '../app/body/read-body.js';
import type { AppEnvironment } from '../app/environment.js';
import { type App, newApp } from '../app/new-app.js';
import type { AppParts } from '../app/parts.js';
import { type PredictRequest, readPredictRequest } from '../app/predict-request.js';
import { invalid, ProblemError } from '../app/problem.js';
import { refuseWhenFull } from '../app/refuse-when-full.js';
import { requires } from '../app/requires.js';
import { predictManyTexts } from '../openapi/predict-options.js';
import { predictManyJsonSchema } from '../openapi/predict-routes.js';
import { KEYS, problems } from '../openapi/responses.js';
import { PredictionIds } from '../security/prediction-ids.js';
import { addDocumented } from './documented.js';

const TARGET_MODEL = 'x-amzn-sagemaker-target-model';
/** Characters of each; hosts keep them to 1024. */
const MAX_HEADER = 4096;
const CUSTOM_ATTRIBUTES = 'x-amzn-sagemaker-custom-attributes';

const file = { schema: z.string().meta({ format: 'binary', contentMediaType: 'application/octet-stream' }) };

const invocationsRoute = createRoute({
  method: 'post',
  path: '/invocations',
  operationId: 'invoke',
  tags: ['Hosts'],
  summary: "Predicts, as SageMaker's hosts ask: bodies as of POST /v1/predict",
  description:
    'The detectors are those of the body, else of the header X-Amzn-SageMaker-Target-Model, else of X-Amzn-SageMaker-Custom-Attributes (such as "detectors=wood@production,threshold=0.5"), else the one that the service was started with.',
  security: KEYS,
  request: {
    headers: z.object({
      'X-Amzn-SageMaker-Target-Model': text(MAX_HEADER).optional(),
      'X-Amzn-SageMaker-Custom-Attributes': text(MAX_HEADER).optional(),
    }),
    body: {
      required: true,
      content: {
        'application/json': { schema: predictManyJsonSchema.partial({ detectors: true }) },
        'application/octet-stream': file,
        'application/x-image': file,
        'image/*': file,
      },
    },
  },
  responses: {
    200: { description: 'Predictions', content: { 'application/json': { schema: predictResponseSchema } } },
    ...problems(400, 401, 403, 404, 408, 413, 415, 422, 429, 503, 504),
  },
});

/** `POST /invocations` of SageMaker's contract; `GET /ping` is `pingRoute`. */
export function sageMakerRoutes(parts: AppParts): App {
  const app = newApp();
  const ids = new PredictionIds(parts.secret);
  addDocumented(app, invocationsRoute, [requires(parts, 'predict')], async (c) => {
    const attributes = customAttributes(c.req.header(CUSTOM_ATTRIBUTES));
    const target = c.req.header(TARGET_MODEL);
    const { images, options, detectors } = await readRequest(c, parts, {
      ...attributes,
      ...(target !== undefined && { detectors: target }),
    });
    return c.json(
      await answerPredict(c, parts, ids, {
        images,
        options,
        detectors: detectors ?? [defaultDetector(parts)],
      }),
    );
  });
  return app;
}

/** The detector of a container that was started for one. */
export function defaultDetector({ defaultDetector: found }: Pick<AppParts, 'defaultDetector'>): string {
  if (!found) {
    throw new ProblemError(
      'invalid-request',
      'no detector is named, and the service was started without a default one; name it in the request',
    );
  }
  return `${found.name}@${found.reference || DEFAULT_ALIAS}`;
}

async function readRequest(
  c: Context<AppEnvironment>,
  parts: AppParts,
  texts: z.output<typeof predictManyTexts>,
): Promise<PredictRequest> {
  if (mediaType(c) !== 'application/x-image') return readPredictRequest(c, parts, texts);
  // SageMaker's own name for an image of any kind.
  refuseWhenFull(parts);
  const encoded = await readBody(c, bodyLimits(parts.limits));
  if (encoded.length === 0) throw new ProblemError('invalid-request', 'expected an image, got an empty body');
  const { detectors, ...given } = texts;
  const options = predictOptionsSchema.safeParse(
    Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  );
  if (!options.success) throw invalid(options.error);
  return { images: [{ image: { encoded } }], options: options.data, detectors: detectors?.split(',') };
}

/** `detectors=wood,threshold=0.5`; a detector after the first one has no name before it: `detectors=wood,steel`. */
function customAttributes(header: string | undefined): z.output<typeof predictManyTexts> {
  const texts: Record<string, string> = {};
  let last: string | undefined;
  for (const entry of (header ?? '').slice(0, MAX_HEADER).split(',')) {
    const text = entry.trim();
    if (text === '') continue;
    const at = text.indexOf('=');
    if (at < 0 && last === 'detectors') texts.detectors += `,${text}`;
    else {
      last = text.slice(0, Math.max(at, 0)).trim() || text;
      texts[last] = at < 0 ? '' : text.slice(at + 1).trim();
    }
  }
  const parsed = predictManyTexts.safeParse(texts);
  if (!parsed.success) throw invalid(parsed.error, CUSTOM_ATTRIBUTES);
  return parsed.data;
}
