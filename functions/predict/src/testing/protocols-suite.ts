import { deflateSync, gzipSync } from 'node:zlib';
import type { Inference } from '@cflow/inference';
import { problemSchema } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import type { AppParts } from '../app/parts.js';
import { stalled, streamed } from './predict-suite.js';
import { base64, jsonBody, type TestService, testPng, VERTEX } from './test-service.js';

/** A way to ask for a prediction that others have thought of. */
interface Protocol {
  path: string;
  /** Of an image file in base64. */
  body(file: string): object;
  /** The same for a detector that there is not. */
  nothing(file: string): { path: string; body: object; headers?: Record<string, string> };
  /** Scores of an answer. */
  scores(answer: never): number[];
}

const inferBody = (file: string): object => ({
  inputs: [{ name: 'image_bytes', datatype: 'BYTES', shape: [1], data: [file] }],
});
const inferScores = ({ outputs }: { outputs: { data: number[] }[] }): number[] =>
  outputs[0]?.data as number[];
const scoresOf = ({ predictions }: { predictions: { score: number }[] }): number[] =>
  predictions.map(({ score }) => Math.fround(score));

const PROTOCOLS: readonly Protocol[] = [
  {
    path: '/invocations',
    body: (file) => ({ images: [{ base64: file }] }),
    nothing: (file) => ({
      path: '/invocations',
      body: { images: [{ base64: file }] },
      headers: { 'x-amzn-sagemaker-target-model': 'nothing' },
    }),
    scores: scoresOf,
  },
  {
    path: VERTEX.predict,
    body: (file) => ({ instances: [{ b64: file }] }),
    nothing: (file) => ({
      path: VERTEX.predict,
      body: { instances: [{ b64: file }], parameters: { detector: 'nothing' } },
    }),
    scores: scoresOf,
  },
  {
    path: '/v2/models/wood/infer',
    body: inferBody,
    nothing: (file) => ({ path: '/v2/models/nothing/infer', body: inferBody(file) }),
    scores: inferScores,
  },
  {
    path: '/v2/models/wood/versions/latest/infer',
    body: inferBody,
    nothing: (file) => ({ path: '/v2/models/wood/versions/nothing/infer', body: inferBody(file) }),
    scores: inferScores,
  },
];

/** Fails unless an error has this status and the form of its protocol. */
export async function refusedAs(path: string, response: Response, status: number): Promise<void> {
  const body: unknown = await response.json();
  expect(response.status, JSON.stringify(body)).toBe(status);
  if (!path.startsWith('/v2')) return void problemSchema.parse(body);
  expect(response.headers.get('content-type')).toBe('application/json');
  expect(body).toEqual({ error: expect.stringMatching(/\w/) });
}

export function protocolsSuite(get: () => TestService): void {
  describe.each(PROTOCOLS)('predictions at $path', (protocol) => {
    const { path } = protocol;
    const ask = async (changes: Partial<AppParts> = {}, headers: Record<string, string> = {}) =>
      get()
        .app(changes)
        .request(path, jsonBody(protocol.body(base64(await testPng(3))), headers));

    it('are those of the service', async () => {
      const own = await get()
        .app()
        .request('/v1/detectors/wood/predict', jsonBody({ images: [{ base64: base64(await testPng(3)) }] }));
      const answer = await ask();
      expect(answer.status).toBe(200);
      expect(protocol.scores((await answer.json()) as never)).toEqual(scoresOf((await own.json()) as never));
    });

    it('are refused for what is not a request, no image, no detector or too much', async () => {
      const { app, parts } = get();
      const file = base64(await testPng());
      await refusedAs(path, await app().request(path, jsonBody('{')), 400);
      await refusedAs(path, await app().request(`${path}?x=%zz`, jsonBody(protocol.body(file))), 400);
      await refusedAs(path, await app().request(path, jsonBody(protocol.body('AAAA'))), 422);
      const nothing = protocol.nothing(file);
      await refusedAs(path, await app().request(nothing.path, jsonBody(nothing.body, nothing.headers)), 404);
      await refusedAs(path, await ask({ limits: { ...parts.limits, bodyBytes: 100 } }), 413);
    });

    it('are the same of a body that is coded, and of base64 as others write it', async () => {
      const file = base64(await testPng(3));
      const body = JSON.stringify(protocol.body(file));
      const plain = await ask();
      const expected = protocol.scores((await plain.json()) as never);
      const coded = (name: string, bytes: Uint8Array): RequestInit => ({
        ...jsonBody({}, { 'content-encoding': name }),
        body: new Uint8Array(bytes),
      });
      const dataUri = `data:image/png;base64,${file.replaceAll(/.{76}/g, '$&\n')}`;
      for (const init of [
        coded('gzip', gzipSync(body)),
        coded('deflate', deflateSync(body)),
        jsonBody(protocol.body(dataUri)),
        jsonBody(protocol.body(Buffer.from(file, 'base64').toString('base64url'))),
      ]) {
        const answer = await get().app().request(path, init);
        expect(answer.status).toBe(200);
        expect(protocol.scores((await answer.json()) as never)).toEqual(expected);
      }
      const unknown = await get()
        .app()
        .request(path, coded('lz4', new TextEncoder().encode(body)));
      expect(unknown.headers.get('accept-encoding')).toMatch(/^gzip, deflate/);
      await refusedAs(path, unknown, 415);
    });

    it('want a key for predicting, and keep it to its rate', async () => {
      const { apiKeys: keys, keyOf, parts } = get();
      const limits = { ...parts.limits, rate: { perSecond: 0.01, burst: 1 } };
      await refusedAs(path, await ask({ keys }), 401);
      await refusedAs(path, await ask({ keys }, { 'x-api-key': keyOf('read') }), 403);
      const limited = get().app({ keys, limits });
      const again = async () =>
        limited.request(
          path,
          jsonBody(protocol.body(base64(await testPng())), { 'x-api-key': keyOf('predict') }),
        );
      expect((await again()).status).toBe(200);
      const late = await again();
      expect(Number(late.headers.get('retry-after'))).toBeGreaterThan(50);
      await refusedAs(path, late, 429);
    });

    it('wait for bodies and scores only so long, and begin none at the end', async () => {
      const { parts, app } = get();
      const idle = app({ limits: { ...parts.limits, bodyTimeoutMs: 30 } });
      await refusedAs(path, await idle.request(path, streamed(stalled('{'), 'application/json')), 408);
      const inference: Inference = {
        ...parts.inference,
        predict: ({ signal }) =>
          new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      };
      await refusedAs(path, await ask({ inference, limits: { ...parts.limits, requestTimeoutMs: 50 } }), 504);
      const draining = await ask({ readiness: { state: 'draining', detail: '' } });
      expect(draining.headers.get('retry-after')).toBe('1');
      await refusedAs(path, draining, 503);
    });
  });

  it('says which types of body /invocations takes', async () => {
    const init = { method: 'POST', body: 'a=b', headers: { 'content-type': 'text/plain' } };
    await refusedAs('/invocations', await get().app().request('/invocations', init), 415);
  });

  it.each(['/v2/models/wood/infer', '/v2/models/wood/versions/latest/infer'])(
    'puts tensors behind the JSON of %s for whom that is wanted',
    async (path) => {
      const body = {
        ...inferBody(base64(await testPng())),
        parameters: { binary_data_output: true },
      };
      const response = await get().app().request(path, jsonBody(body));
      expect([response.status, response.headers.get('content-type')]).toEqual([
        200,
        'application/octet-stream',
      ]);
      const length = Number(response.headers.get('inference-header-content-length'));
      const bytes = Buffer.from(await response.arrayBuffer());
      const { outputs } = JSON.parse(bytes.subarray(0, length).toString()) as {
        outputs: { parameters: { binary_data_size: number } }[];
      };
      const behind = outputs.reduce((sum, { parameters }) => sum + parameters.binary_data_size, 0);
      expect(bytes.length).toBe(length + behind);
    },
  );
}
