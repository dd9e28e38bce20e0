import { testImage } from '@cflow/detector/testing';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { createApp } from '../app/create-app.js';
import type { AppParts } from '../app/parts.js';
import { PredictionIds } from '../security/prediction-ids.js';
import { pingRoute } from './ping-route.js';
import { sageMakerRoutes } from './sage-maker-routes.js';
import { testKeys } from './testing/test-keys.js';
import { starting, testService } from './testing/test-parts.js';
import { vertexRoutes } from './vertex-routes.js';

const { parts, detector, version } = await testService();
const image = testImage(5, 90, 70);
const png = new Uint8Array(
  await sharp(image.data, { raw: { width: 90, height: 70, channels: 3 } })
    .png()
    .toBuffer(),
);
const base64 = Buffer.from(png).toString('base64');
const { score } = await detector.predict(image);

const VERTEX = '/v1/endpoints/12/deployedModels/34';
const vertex = { healthRoute: VERTEX, predictRoute: `${VERTEX}:predict` };
const appOf = (changes: Partial<AppParts> = {}) => {
  const all = { ...parts, ...changes };
  return createApp(all)
    .route('/', pingRoute(all))
    .route('/', sageMakerRoutes(all))
    .route('/', vertexRoutes(all, vertex));
};
const app = appOf();
const post = (
  path: string,
  body: Uint8Array<ArrayBuffer> | string,
  headers: Record<string, string> = { 'content-type': 'application/json' },
  to = app,
) => to.request(path, { method: 'POST', body, headers });
const predictionsOf = async (response: Response) => {
  expect(response.status).toBe(200);
  return ((await response.json()) as { predictions: { id: string; score: number; threshold: number }[] })
    .predictions;
};

describe('GET /ping', () => {
  it.each([
    ['ready', 200, 200],
    ['starting', 503, 204],
    ['failed', 503, 503],
    ['draining', 503, 503],
  ] as const)('%s: %i for SageMaker, %i for RunPod', async (state, sageMaker, runPod) => {
    const readiness = { state, detail: state };
    expect((await pingRoute({ readiness }).request('/ping')).status).toBe(sageMaker);
    expect((await pingRoute({ readiness }, { whileStarting: 204 }).request('/ping')).status).toBe(runPod);
  });

  it('needs no key', async () => {
    const closed = appOf({ keys: testKeys({}) });
    expect((await closed.request('/ping')).status).toBe(200);
    expect((await closed.request(VERTEX)).status).toBe(200);
  });
});

describe('POST /invocations', () => {
  it.each(['image/png', 'application/x-image', 'application/octet-stream'])('takes %s', async (type) => {
    const [prediction] = await predictionsOf(await post('/invocations', png, { 'content-type': type }));
    expect(prediction).toMatchObject({ score, detector: { name: 'wood', version } });
    // Feedback on it is believed.
    const facts = await new PredictionIds(parts.secret).verify(prediction?.id as string);
    expect(facts).toMatchObject({ name: 'wood', version, score });
  });

  it('takes JSON, with the options of a prediction', async () => {
    const body = JSON.stringify({ images: [{ base64 }, { base64 }], threshold: 0.25, map: 'f32' });
    const predictions = await predictionsOf(await post('/invocations', body));
    expect(predictions).toHaveLength(2);
    expect(predictions[1]).toMatchObject({
      image: 1,
      score,
      threshold: 0.25,
      map: { format: 'f32', width: 64 },
    });
  });

  it.each(['image/png', 'application/x-image'])(
    'takes detector and options of the headers: %s',
    async (type) => {
      const ask = (headers: Record<string, string>) =>
        post(
          '/invocations',
          png,
          { 'content-type': type, ...headers },
          appOf({ defaultDetector: undefined }),
        );
      const target = await ask({ 'X-Amzn-SageMaker-Target-Model': 'wood@production' });
      expect(await predictionsOf(target)).toHaveLength(1);
      const attributes = 'detectors=wood@latest,wood@production, threshold=0.125';
      const predictions = await predictionsOf(
        await ask({ 'X-Amzn-SageMaker-Custom-Attributes': attributes }),
      );
      expect(predictions.map(({ threshold }) => threshold)).toEqual([0.125, 0.125]);
      expect((await ask({})).status).toBe(400);
      for (const wrong of ['nonsense', 'threshold=high', 'a=b', '=', 'threshold=1,falseAlarmRate=0.1']) {
        expect((await ask({ 'X-Amzn-SageMaker-Custom-Attributes': wrong })).status, wrong).toBe(400);
      }
      expect((await ask({ 'X-Amzn-SageMaker-Target-Model': '../../etc' })).status).toBe(400);
      expect((await ask({ 'X-Amzn-SageMaker-Target-Model': 'steel' })).status).toBe(404);
    },
  );

  it('refuses what is not an image, no type, too large, or without a key', async () => {
    const type = { 'content-type': 'image/png' };
    const large = new Uint8Array(1_000_001);
    expect((await post('/invocations', 'no image', type)).status).toBe(422);
    expect((await post('/invocations', '', type)).status).toBe(400);
    expect((await post('/invocations', '', { 'content-type': 'application/x-image' })).status).toBe(400);
    expect((await post('/invocations', '{', undefined)).status).toBe(400);
    expect((await post('/invocations', png, { 'content-type': 'text/plain' })).status).toBe(415);
    expect((await post('/invocations', large, type)).status).toBe(413);
    expect((await post('/invocations', png, type, appOf({ keys: testKeys({}) }))).status).toBe(401);
  });
});

describe('Vertex AI', () => {
  it('is healthy when the service is ready', async () => {
    expect((await app.request(VERTEX)).status).toBe(200);
    expect((await appOf({ readiness: starting }).request(VERTEX)).status).toBe(503);
  });

  it('gives one prediction for each instance, in whatever form it has its bytes', async () => {
    const instances = [{ b64: base64 }, { image: { b64: base64 }, key: 1 }, { image_bytes: { b64: base64 } }];
    const body = JSON.stringify({ instances, parameters: { threshold: 0.5, detector: 'wood@production' } });
    const predictions = await predictionsOf(await post(vertex.predictRoute, body));
    expect(predictions.map((each) => [each.score, each.threshold])).toEqual(Array(3).fill([score, 0.5]));
    expect(await predictionsOf(await post(vertex.predictRoute, JSON.stringify({ instances })))).toHaveLength(
      3,
    );
  });

  it.each([
    ['no instances', {}],
    ['none', { instances: [] }],
    ['too many', { instances: Array(65).fill({ b64: 'AAAA' }) }],
    ['no base64', { instances: [{ b64: '!' }] }],
    ['no bytes', { instances: [{ image: base64 }] }],
    ['an unknown parameter', { instances: [{ b64: base64 }], parameters: { thresholds: 1 } }],
    ['both thresholds', { instances: [{ b64: base64 }], parameters: { threshold: 1, falseAlarmRate: 0.1 } }],
    ['no detector', { instances: [{ b64: base64 }], parameters: { detector: '../x' } }],
  ])('refuses %s', async (_, body) => {
    const response = await post(vertex.predictRoute, JSON.stringify(body));
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
  });
});

it('stands in the OpenAPI document', () => {
  const document = app.getOpenAPI31Document({ openapi: '3.1.0', info: { title: 't', version: '1' } });
  expect(Object.keys(document.paths ?? {})).toEqual(
    expect.arrayContaining(['/ping', '/invocations', VERTEX, vertex.predictRoute]),
  );
});
