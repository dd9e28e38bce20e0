// The service as a Worker, in the real runtime, with its detectors from a bucket.
import { fileURLToPath } from 'node:url';
import { loadDetector } from '@cflow/detector';
import { makeBundle, memoryBundle, testImage } from '@cflow/detector/testing';
import { createApiKey } from '@cflow/predict';
import { nodeDevices } from '@cflow/runtime/node';
import type { PredictResponse, Problem } from '@cflow/spec';
import { encodeMapPng8, encodePng, readMapPng16 } from '@cflow/visual/node';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TOLERANCE } from '../runtimes/compare-runs.js';
import { type R2Server, startR2Server } from '../support/r2-server.js';
import { startWorkerd, type Workerd } from '../support/workerd.js';

const ENTRY = fileURLToPath(new URL('worker.ts', import.meta.url));
const image = testImage(1, 90, 70);
let bundle: Map<string, Uint8Array>;
let server: R2Server;
let worker: Workerd;
let key: string;
let png: Uint8Array;

const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(worker.url + path, { ...init, headers: { 'x-api-key': key, ...init.headers } });
const post = (path: string, type: string, body: Uint8Array | string): Promise<Response> =>
  ask(path, { method: 'POST', headers: { 'content-type': type }, body });
const predictionsOf = async (response: Response): Promise<PredictResponse['predictions']> => {
  const text = await response.text();
  expect(response.status, text + worker.said()).toBe(200);
  return (JSON.parse(text) as PredictResponse).predictions;
};
const problemOf = async (response: Response): Promise<Problem> => {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  return (await response.json()) as Problem;
};

beforeAll(async () => {
  const created = await createApiKey();
  key = created.key;
  bundle = await makeBundle({ name: 'wood' });
  png = await encodePng(image);
  server = await startR2Server();
  const entry = { name: 'camera', sha256: created.sha256, scopes: ['admin'] };
  worker = await startWorkerd({
    entry: ENTRY,
    bindings: {
      CFLOW_BUCKET: { bucket: server.origin },
      CFLOW_API_KEYS: { text: JSON.stringify([entry]) },
      CFLOW_MAX_BODY_MB: { text: '1' },
      CFLOW_CORS_ORIGINS: { text: 'https://page.example' },
    },
  });
  const form = new FormData();
  for (const [name, bytes] of bundle) form.append('file', new Blob([bytes as Uint8Array<ArrayBuffer>]), name);
  const published = await ask('/v1/detectors/wood/versions', { method: 'POST', body: form });
  expect(published.status, (await published.text()) + worker.said()).toBe(201);
});
afterAll(async () => {
  await worker?.stop();
  await server?.close();
});

describe('predicts', () => {
  it('an image as it is, to the score of the CPU of Node', async () => {
    const [found] = await predictionsOf(await post('/v1/detectors/wood/predict', 'image/png', png));
    const detector = await loadDetector(memoryBundle(bundle), {
      devices: await nodeDevices(),
      device: 'cpu',
    });
    try {
      const { score } = await detector.predict(image);
      const { scoreSpread } = detector.manifest.calibration;
      expect(Math.abs((found?.score as number) - score) / scoreSpread).toBeLessThanOrEqual(TOLERANCE);
    } finally {
      await detector.dispose();
    }
    expect(found?.detector).toMatchObject({ name: 'wood', device: 'wasm' });
    expect(found?.original).toEqual({ width: 90, height: 70 });
  });

  it('forms, JSON and JPEG', async () => {
    const form = new FormData();
    form.append('image', new Blob([png as Uint8Array<ArrayBuffer>]), 'a.png');
    form.append('image', new Blob([png as Uint8Array<ArrayBuffer>]), 'b.png');
    form.append('detectors', 'wood');
    const both = await predictionsOf(await ask('/v1/predict', { method: 'POST', body: form }));
    expect(both.map((each) => each.image)).toEqual([0, 1]);
    const base64 = Buffer.from(png).toString('base64');
    const body = JSON.stringify({ images: [{ base64 }], detectors: ['wood@latest'] });
    const [listed] = await predictionsOf(await post('/v1/predict', 'application/json', body));
    expect(listed?.score).toBe(both[0]?.score);
    const jpeg = await sharp(png).jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer();
    const [near] = await predictionsOf(await post('/v1/detectors/wood/predict', 'image/jpeg', jpeg));
    expect(near?.original).toEqual({ width: 90, height: 70 });
  });

  it('with maps in every format, regions, an overlay and a mask', async () => {
    const maps = new Map<string, { data: string; offset?: number; scale?: number }>();
    for (const format of ['f32', 'png8', 'png16']) {
      const path = `/v1/detectors/wood/predict?map=${format}&regions=true&overlay=true`;
      const [found] = await predictionsOf(await post(path, 'image/png', png));
      expect(found?.map).toMatchObject({ format, width: 64, height: 64 });
      maps.set(format, found?.map as { data: string });
      expect(Array.isArray(found?.regions)).toBe(true);
      const overlay = await sharp(Buffer.from(found?.overlay?.data as string, 'base64')).metadata();
      expect(overlay).toMatchObject({ format: 'png', width: 90, height: 70 });
    }
    const bytes = Buffer.from(maps.get('f32')?.data as string, 'base64');
    const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
    // The very pixels that Node's encoders write.
    const node8 = await encodeMapPng8({ width: 64, height: 64, data: values });
    const pixels = (file: Uint8Array): Promise<Buffer> => sharp(file).toColourspace('b-w').raw().toBuffer();
    const edge8 = Buffer.from(maps.get('png8')?.data as string, 'base64');
    expect(await pixels(edge8)).toEqual(await pixels(node8.png));
    const deep = await readMapPng16(Buffer.from(maps.get('png16')?.data as string, 'base64'));
    const scale = maps.get('png16')?.scale as number;
    deep.data.forEach((value, i) => {
      expect(Math.abs(value - values[i]!)).toBeLessThanOrEqual(scale);
    });
    const form = new FormData();
    form.append('image', new Blob([png as Uint8Array<ArrayBuffer>]));
    const mask = await encodePng({ width: 90, height: 70, data: new Uint8Array(6300).fill(1) });
    form.append('ignore', new Blob([mask as Uint8Array<ArrayBuffer>]));
    const nothing = await ask('/v1/detectors/wood/predict', { method: 'POST', body: form });
    expect((await problemOf(nothing)).code).toBe('image');
  });

  it('many requests at once, and after a client that has gone', async () => {
    const gone = new AbortController();
    const left = post('/v1/detectors/wood/predict', 'image/png', png);
    const aborted = ask('/v1/detectors/wood/predict', { method: 'POST', body: png, signal: gone.signal });
    gone.abort();
    await expect(aborted).rejects.toThrow();
    const all = await Promise.all(
      Array.from({ length: 6 }, () => post('/v1/detectors/wood/predict', 'image/png', png)),
    );
    const scores = await Promise.all(
      [await left, ...all].map(async (each) => (await predictionsOf(each))[0]?.score),
    );
    expect(new Set(scores).size).toBe(1);
  });
});

describe('refuses in the words of the service', () => {
  it('a wrong key, an unknown detector, a bad image, a device that is not there', async () => {
    const wrong = await fetch(`${worker.url}/v1/detectors`, { headers: { 'x-api-key': 'cflow_wrong' } });
    expect([wrong.status, (await problemOf(wrong)).code]).toEqual([401, 'unauthorized']);
    const unknown = await post('/v1/detectors/stone/predict', 'image/png', png);
    expect([unknown.status, (await problemOf(unknown)).code]).toEqual([404, 'not-found']);
    const bad = await post('/v1/detectors/wood/predict', 'image/png', png.slice(0, 60));
    expect([bad.status, (await problemOf(bad)).code]).toEqual([422, 'image']);
    const device = await post('/v1/detectors/wood/predict?device=cuda', 'image/png', png);
    const { code, attempts } = await problemOf(device);
    expect([device.status, code, attempts?.[0]?.device]).toEqual([422, 'device', 'cuda']);
    const option = await post('/v1/detectors/wood/predict?map=gif', 'image/png', png);
    expect([option.status, (await problemOf(option)).code]).toEqual([400, 'invalid-request']);
  });

  it('what is too large, and formats that it does not decode', async () => {
    const big = await post('/v1/detectors/wood/predict', 'image/png', new Uint8Array(1_100_000));
    expect([big.status, (await problemOf(big)).code]).toEqual([413, 'payload-too-large']);
    const wide = testImage(2, 2000, 1100);
    const raw = { width: 2000, height: 1100, channels: 3 } as const;
    const pixels = await sharp(wide.data, { raw }).blur(4).jpeg().toBuffer();
    const many = await post('/v1/detectors/wood/predict', 'image/jpeg', pixels);
    expect((await problemOf(many)).detail).toMatch(/2000/);
    const webp = await post('/v1/detectors/wood/predict', 'image/webp', await sharp(png).webp().toBuffer());
    expect((await problemOf(webp)).detail).toMatch(/WEBP, which is not decoded here/);
  });

  it('training, addresses, and other paths', async () => {
    const job = await post('/v1/jobs', 'application/json', '{}');
    expect([job.status, (await problemOf(job)).detail]).toEqual([404, expect.stringMatching(/no training/)]);
    const body = JSON.stringify({ images: [{ url: 'https://example.org/a.png' }], detectors: ['wood'] });
    const url = await post('/v1/predict', 'application/json', body);
    expect([url.status, (await problemOf(url)).code]).toEqual([422, 'url-refused']);
    expect((await problemOf(await ask('/nothing'))).code).toBe('not-found');
  });
});

it('has the rest of the service: versions, files, feedback, readiness, CORS, its description', async () => {
  expect(await (await fetch(`${worker.url}/livez`)).json()).toEqual({ status: 'alive', version: '1.2.3' });
  expect((await fetch(`${worker.url}/readyz`)).status).toBe(200);
  const { detectors } = (await (await ask('/v1/detectors')).json()) as { detectors: { name: string }[] };
  expect(detectors.map(({ name }) => name)).toEqual(['wood']);
  const file = await ask('/v1/detectors/wood/versions/latest/files/backbone.safetensors');
  expect(new Uint8Array(await file.arrayBuffer())).toEqual(bundle.get('backbone.safetensors'));
  const [found] = await predictionsOf(await post('/v1/detectors/wood/predict', 'image/png', png));
  const feedback = await post(
    `/v1/predictions/${found?.id}/feedback`,
    'application/json',
    JSON.stringify({ label: 'good' }),
  );
  expect(feedback.status, await feedback.text()).toBe(201);
  const page = await ask('/v1/detectors', { headers: { origin: 'https://page.example' } });
  expect(page.headers.get('access-control-allow-origin')).toBe('https://page.example');
  expect(page.headers.get('access-control-expose-headers')).toContain('X-Cflow-Forwarded');
  expect(page.headers.get('x-content-type-options')).toBe('nosniff');
  const description = (await (await ask('/openapi.json')).json()) as { paths: object };
  expect(Object.keys(description.paths)).toContain('/v1/predict');
});
