import { DEFAULT_ALIAS, detectorNameSchema, predictOptionsSchema, referenceSchema } from '@cflow/spec';
import { createRoute } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { z } from 'zod';
import { bodyLimits, heldChunks, readBody } from '../../app/body/read-body.js';
import type { AppEnvironment } from '../../app/environment.js';
import { type App, newApp } from '../../app/new-app.js';
import type { AppParts } from '../../app/parts.js';
import { ProblemError, problem } from '../../app/problem.js';
import { refuseWhenFull } from '../../app/refuse-when-full.js';
import { requires } from '../../app/requires.js';
import { KEYS, OPEN, type ProblemStatus } from '../../openapi/responses.js';
import { addDocumented } from '../documented.js';
import { errorResponses } from './error-responses.js';
import { inferRequestSchema, inferResponseSchema, readInferRequest } from './infer-request.js';
import { inferResponse, outputsOf, wantedOutputs } from './infer-response.js';
import { INPUTS, inputImages } from './input-images.js';
import { openInferenceErrors } from './open-inference-errors.js';
import { indexRequestSchema, repositoryIndex } from './repository-index.js';

const modelSchema = z.object({ name: z.string(), ready: z.boolean() }).meta({ id: 'OpenInferenceReady' });
const tensorSchema = z.object({ name: z.string(), datatype: z.string(), shape: z.array(z.number().int()) });
const metadataSchema = z
  .object({
    name: z.string(),
    versions: z.array(z.string()),
    platform: z.string(),
    inputs: z.array(tensorSchema),
    outputs: z.array(tensorSchema),
  })
  .meta({ id: 'OpenInferenceModel' });
const indexSchema = z
  .array(z.object({ name: z.string(), version: z.string(), state: z.string(), reason: z.string() }))
  .meta({ id: 'OpenInferenceIndex' });

const json = (schema: z.ZodType) => ({ 'application/json': { schema } });
const documented = (
  method: 'get' | 'post',
  path: string,
  summary: string,
  schema: z.ZodType,
  errors: readonly ProblemStatus[],
  rest: {
    content?: Record<string, { schema: z.ZodType }>;
    answer?: Record<string, { schema: z.ZodType }>;
  } = {},
) => {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string);
  const params = z.object(
    Object.fromEntries(names.map((name) => [name, name === 'model' ? detectorNameSchema : referenceSchema])),
  );
  return createRoute({
    method,
    path,
    summary,
    operationId: operationIdOf(method, path),
    tags: ['Open Inference Protocol'],
    security: errors.includes(401) ? KEYS : OPEN,
    ...((names.length > 0 || rest.content) && {
      request: {
        ...(names.length > 0 && { params }),
        ...(rest.content && { body: { content: rest.content, required: true } }),
      },
    }),
    responses: {
      200: {
        description: 'As the Open Inference Protocol 2 has it',
        content: { ...json(schema), ...rest.answer },
      },
      // An address that no server reads the same way is refused wherever it leads.
      ...errorResponses([400, ...errors]),
    },
  });
};

// `GET /v2/models/{model}/ready` is getV2ModelsModelReady.
function operationIdOf(method: string, path: string): string {
  return method + path.replace(/[/{}]+(\w?)/g, (_, letter: string) => letter.toUpperCase());
}

/** The Open Inference Protocol 2 (KServe, Triton) with its extension for binary tensors. A model is a detector. */
export function openInferenceRoutes(parts: AppParts): App {
  const app = newApp();
  app.use('/v2', openInferenceErrors);
  app.use('/v2/*', openInferenceErrors);
  const read = [requires(parts, 'read')];
  const predict = [requires(parts, 'predict')];
  const binary = {
    'application/octet-stream': {
      schema: z.string().meta({ format: 'binary', contentMediaType: 'application/octet-stream' }),
    },
  };

  addDocumented(
    app,
    documented('get', '/v2', 'Server metadata', z.looseObject({ name: z.string() }), []),
    [],
    (c) => c.json({ name: 'cflow', version: parts.version, extensions: ['binary_tensor_data'] }),
  );
  addDocumented(
    app,
    documented('get', '/v2/health/live', 'Whether the server runs', z.object({ live: z.boolean() }), []),
    [],
    (c) => c.json({ live: true }),
  );
  addDocumented(
    app,
    documented(
      'get',
      '/v2/health/ready',
      'Whether the server can predict',
      z.object({ ready: z.boolean() }),
      [503],
    ),
    [],
    (c) => {
      const { state, detail } = parts.readiness;
      return state === 'ready' ? c.json({ ready: true }) : c.json({ ready: false, error: detail }, 503);
    },
  );
  addDocumented(
    app,
    documented(
      'post',
      '/v2/repository/index',
      'All models',
      indexSchema,
      [401, 403, 408, 413, 415, 429, 503],
      {
        content: json(indexRequestSchema),
      },
    ),
    read,
    async (c) => c.json(await repositoryIndex(parts, await readBody(c, bodyLimits(parts.limits, 65_536)))),
  );

  for (const path of ['/v2/models/{model}', '/v2/models/{model}/versions/{version}']) {
    addDocumented(
      app,
      documented('get', path, 'Inputs and outputs of a model', metadataSchema, [401, 403, 404, 503]),
      read,
      async (c) => c.json(await metadata(parts, modelOf(c))),
    );
    addDocumented(
      app,
      documented('get', `${path}/ready`, 'Whether a model can predict', modelSchema, [401, 403, 404, 503]),
      read,
      async (c) => {
        const { name, reference } = modelOf(c);
        await parts.registry.resolve(name, reference);
        const { state, detail } = parts.readiness;
        return state === 'ready'
          ? c.json({ name, ready: true })
          : c.json({ name, ready: false, error: detail }, 503);
      },
    );
    addDocumented(
      app,
      documented(
        'post',
        `${path}/infer`,
        'Predicts: "image" (UINT8 [N, 3, H, W] or [N, H, W, 3]) or "image_bytes" (BYTES [N]) to scores',
        inferResponseSchema,
        [401, 403, 404, 408, 413, 415, 422, 429, 503, 504],
        { content: { ...json(inferRequestSchema), ...binary }, answer: binary },
      ),
      predict,
      (c) => infer(c, parts),
    );
  }

  // Whatever is left under /v2: nothing there, or there with another method.
  const routes = app.routes.filter(({ method, path }) => method !== 'ALL' && path.startsWith('/v2'));
  app.all('/v2/*', (c) => {
    const methods = new Set(
      routes.filter(({ path }) => pathMatches(path, c.req.path)).map(({ method }) => method),
    );
    if (methods.size === 0) {
      return problem(c, new ProblemError('not-found', `there is nothing at ${c.req.path.slice(0, 200)}`));
    }
    const allowed = [...methods].join(', ');
    return problem(
      c,
      new ProblemError('method-not-allowed', `expected ${allowed}, got ${c.req.method}`, {
        headers: { allow: allowed },
      }),
    );
  });
  return app;
}

async function infer(c: Context<AppEnvironment>, parts: AppParts): Promise<Response> {
  const { name, reference } = modelOf(c);
  refuseWhenFull(parts);
  const { request, inputs } = await readInferRequest(
    heldChunks(c, bodyLimits(parts.limits)),
    c.req.header('inference-header-content-length'),
  );
  const wanted = wantedOutputs(request);
  const images = inputImages(inputs);
  const { threshold, false_alarm_rate: falseAlarmRate } = request.parameters ?? {};
  const options = predictOptionsSchema.parse({
    ...(threshold !== undefined && { threshold }),
    ...(falseAlarmRate !== undefined && { falseAlarmRate }),
    regions: false,
    map: wanted.some(({ name: output }) => output === 'anomaly_map') ? 'f32' : 'none',
  });
  const results = await parts.inference.predict({
    images: images.map((image) => ({ image })),
    detectors: [{ name, reference }],
    options,
    signal: c.get('deadline').signal,
    span: c.get('span'),
  });
  const { body: answer, jsonLength, binary } = inferResponse(name, request, results, wanted);
  return c.body(answer, 200, {
    'content-type': binary ? 'application/octet-stream' : 'application/json',
    ...(binary && { 'inference-header-content-length': String(jsonLength) }),
  });
}

async function metadata(parts: AppParts, { name, reference }: { name: string; reference: string }) {
  const version = await parts.registry.resolve(name, reference);
  const [{ manifest }, { versions }, aliases] = await Promise.all([
    parts.registry.version(name, version),
    parts.registry.listVersions(name, { limit: 200 }),
    parts.registry.aliases(name),
  ]);
  const [height, width] = manifest.configuration.inputSize;
  return {
    name,
    versions: [...Object.keys(aliases), ...versions.map((each) => each.version)],
    platform: 'onnxruntime_cflow',
    inputs: INPUTS,
    outputs: outputsOf(height, width),
  };
}

/** A model is a detector's name; its version an alias or a version. */
function modelOf(c: Context<AppEnvironment>): { name: string; reference: string } {
  const name = detectorNameSchema.safeParse(c.req.param('model'));
  const reference = referenceSchema.safeParse(c.req.param('version') ?? DEFAULT_ALIAS);
  if (name.success && reference.success) return { name: name.data, reference: reference.data };
  const [issue] = (name.error ?? reference.error)?.issues ?? [];
  throw new ProblemError('not-found', `there is no such model: ${issue?.message ?? 'unknown'}`);
}

function pathMatches(pattern: string, path: string): boolean {
  const [expected, found] = [pattern.split('/'), path.split('/')];
  return (
    expected.length === found.length && expected.every((part, i) => part.startsWith(':') || part === found[i])
  );
}
