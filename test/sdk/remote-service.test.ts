import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testImage } from '@cflow/detector/testing';
import {
  AuthenticationError,
  BadRequestError,
  CflowClient,
  type ImageInput,
  PayloadTooLargeError,
  PermissionError,
  type Prediction,
  RateLimitError,
  UnprocessableError,
  UnsupportedImageError,
} from '@cflow/sdk';
import { encodePng } from '@cflow/visual/node';
import { describe, expect, it } from 'vitest';
import { testPng } from '../../functions/predict/src/testing/test-service.js';
import { chunksOf, listed } from './async-items.js';
import { serviceOfTests } from './running-service.js';

const place = serviceOfTests();

/** What a prediction says of the image alone. */
const said = ({ id, milliseconds, ...rest }: Prediction): object => rest;

describe('predict', () => {
  it('gives the same for every form of an image', async () => {
    const image = testImage(3, 80, 60);
    const png = await testPng(3);
    const folder = await mkdtemp(join(tmpdir(), 'cflow-sdk-'));
    try {
      await writeFile(join(folder, 'a.png'), png);
      const rgba = new Uint8ClampedArray(80 * 60 * 4).fill(255);
      for (let i = 0; i < 80 * 60; i++) rgba.set(image.data.subarray(i * 3, i * 3 + 3), i * 4);
      const shared = new Uint8Array(new SharedArrayBuffer(png.length));
      shared.set(png);
      const forms: ImageInput[] = [
        new Blob([png], { type: 'image/png' }),
        new Blob([png]),
        png.buffer,
        png,
        shared,
        Buffer.from(png),
        new DataView(png.buffer),
        createReadStream(join(folder, 'a.png')),
        new Blob([png]).stream(),
        chunksOf(png),
        image,
        { width: 80, height: 60, data: rgba },
        new URL(`data:image/png;base64,${Buffer.from(png).toString('base64')}`),
      ];
      const wood = place.client.detector('wood');
      const found: Prediction[] = [];
      for (const form of forms) found.push(await wood.predict(form));
      expect(found[0]).toMatchObject({
        where: 'remote',
        detector: { name: 'wood', version: place.running.service.versions.latest, device: 'cpu' },
        original: { width: 80, height: 60 },
        id: expect.any(String),
      });
      for (const [i, each] of found.entries()) {
        expect(said(each), `form ${i}`).toEqual(said(found[0] as Prediction));
        expect(each.milliseconds).toBeGreaterThan(0);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('passes every option on, and gives real map values and a picture back', async () => {
    const png = await testPng(4);
    const wood = place.client.detector('wood@stable');
    expect([wood.name, wood.version]).toEqual(['wood', 'stable']);
    const plain = await wood.predict(png);
    expect(plain.map ?? plain.overlay).toBeUndefined();
    expect(plain.regions).toBeInstanceOf(Array);
    const full = await wood.predict(png, {
      threshold: plain.score + 1,
      pixelThreshold: -1000,
      map: true,
      overlay: true,
      minArea: 0,
      maxRegions: 1,
      device: 'cpu',
    });
    expect(full).toMatchObject({ score: plain.score, label: 'good', threshold: plain.score + 1 });
    expect(full.detector.version).toBe(place.running.service.versions.old);
    expect(full.regions).toHaveLength(1);
    const map = full.map as NonNullable<Prediction['map']>;
    expect({ width: map.width, height: map.height }).toEqual(full.mapSize);
    expect(map.data).toHaveLength(map.width * map.height);
    expect(Math.max(...map.data)).toBeCloseTo(plain.score, 5);
    expect(full.overlay?.type).toBe('image/png');
    const overlay = new Uint8Array(await (full.overlay as Blob).arrayBuffer());
    expect([...overlay.subarray(1, 4)]).toEqual([80, 78, 71]);
    expect((await wood.predict(png, { regions: false })).regions).toBeUndefined();
    expect((await wood.predict(png, { falseAlarmRate: 0.25 })).threshold).not.toBe(plain.threshold);
  });

  it('leaves a mask out, for one image and for many', async () => {
    const png = await testPng(5);
    const half = (top: boolean) => {
      const data = new Uint8Array(80 * 60 * 3);
      data.fill(255, top ? 0 : 80 * 30 * 3, top ? 80 * 30 * 3 : data.length);
      return { width: 80, height: 60, data };
    };
    const wood = place.client.detector('wood');
    const whole = await wood.predict(png);
    const top = await wood.predict(png, { ignore: half(true) });
    const bottom = await wood.predict(png, { ignore: half(false) });
    expect(top.score).not.toBe(bottom.score);
    expect(Math.max(top.score, bottom.score)).toBe(whole.score);
    // A stream has its bytes once only, and here are three requests.
    const stream = chunksOf(await encodePng(half(true)));
    const many = await wood.predictBatch([png, png, png], { ignore: stream, imagesPerRequest: 1 });
    expect(many.map(said)).toEqual([top, top, top].map(said));
  });

  it('scores any number of images in order, a few at a time', async () => {
    const pngs = await Promise.all(Array.from({ length: 7 }, (_, i) => testPng(i)));
    const wood = place.client.detector('wood');
    const single: number[] = [];
    for (const png of pngs) single.push((await wood.predict(png)).score);
    const many = await wood.predictBatch(pngs, { imagesPerRequest: 2, concurrency: 3 });
    expect(many.map(({ score }) => score)).toEqual(single);
    let taken = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (; ; taken++) yield pngs[taken % 7] as Uint8Array;
    }
    const first: number[] = [];
    for await (const { score } of wood.predictAll(endless(), { imagesPerRequest: 2 })) {
      first.push(score);
      if (first.length === 5) break;
    }
    expect(first).toEqual(single.slice(0, 5));
    expect(taken).toBeLessThan(20);
    expect(await wood.predictBatch([])).toEqual([]);
    await expect(wood.predictBatch(pngs, { imagesPerRequest: 65 })).rejects.toMatchObject({
      name: 'ArgumentError',
    });
  });

  it('asks several detectors in one request', async () => {
    const png = await testPng(6);
    const detectors = ['wood', 'steel', 'wood@stable'];
    const { data, response, requestId } = await place.client.predict(png, { detectors }).withResponse();
    expect(data.map(({ detector }) => detector.name)).toEqual(['wood', 'steel', 'wood']);
    expect(response.status).toBe(200);
    expect(requestId).toBe(response.headers.get('x-request-id'));
    const alone = await place.client.detector('steel').predict(png);
    expect(said(data[1] as Prediction)).toEqual(said(alone));
    const many = await listed(place.client.predictAll([png, await testPng(7)], { detectors }));
    expect(many).toHaveLength(2);
    expect(many[0]?.map(said)).toEqual(data.map(said));
  });

  it('lets the service fetch what has an address', async () => {
    const png = await testPng(8);
    const url = await place.running.also({ fetchUrl: async () => png });
    const wood = new CflowClient({ baseUrl: url }).detector('wood');
    const direct = said(await wood.predict(png));
    expect(said(await wood.predict({ url: 'https://images.example/a.png' }))).toEqual(direct);
    const mixed = await wood.predictBatch([png, { url: 'https://images.example/a.png' }]);
    expect(mixed.map(said)).toEqual([direct, direct]);
    await expect(
      place.client.detector('wood').predict({ url: 'https://images.example/a.png' }),
    ).rejects.toMatchObject({ name: 'UnprocessableError', code: 'url-refused', status: 422 });
  });

  it('refuses what is not an image, in words', async () => {
    const wood = place.client.detector('wood');
    const bad = await wood.predict(new TextEncoder().encode('no image')).catch((error) => error);
    expect(bad).toBeInstanceOf(UnsupportedImageError);
    expect(bad).toMatchObject({ status: 422, code: 'image', requestId: expect.any(String) });
    expect(bad.message).toContain('POST /v1/detectors/wood/predict: 422 image');
    for (const wrong of [null, 7, {}, 'part.png', { width: 2, height: 2, data: new Uint8Array(3) }]) {
      await expect(wood.predict(wrong as never)).rejects.toMatchObject({ name: 'ArgumentError' });
    }
    async function* texts(): AsyncGenerator<string> {
      yield 'text';
    }
    await expect(wood.predict(texts() as never)).rejects.toThrow(/stream of bytes, got string/);
    await expect(wood.predict(new Uint8Array(2 ** 20 + 1))).rejects.toBeInstanceOf(PayloadTooLargeError);
    await expect(wood.predict(await testPng(), { threshold: 1, falseAlarmRate: 0.1 })).rejects.toBeInstanceOf(
      BadRequestError,
    );
    const device = await wood.predict(await testPng(), { device: 'cuda' }).catch((error) => error);
    expect(device).toBeInstanceOf(UnprocessableError);
    expect(device.attempts).toEqual([{ device: 'cuda', reason: expect.any(String) }]);
    await wood.dispose();
    await wood.dispose();
    await expect(wood.predict(await testPng())).rejects.toThrow(/disposed/);
  });

  it('runs without a port on the handler itself', async () => {
    const here = new CflowClient({
      baseUrl: 'http://cflow.example/',
      fetch: (url, init) => place.running.app.request(url, init),
    });
    const png = await testPng(3);
    expect(said(await here.detector('wood').predict(png))).toEqual(
      said(await place.client.detector('wood').predict(png)),
    );
  });
});

describe('who may', () => {
  it('is said by keys', async () => {
    const url = await place.running.also({ keys: place.running.service.apiKeys });
    const as = (apiKey?: string): CflowClient => new CflowClient({ baseUrl: url, apiKey });
    const png = await testPng(1);
    await expect(as().detector('wood').predict(png)).rejects.toBeInstanceOf(AuthenticationError);
    const wrong = await as('cflow_wrong')
      .detectors.get('wood')
      .catch((error) => error);
    expect(wrong).toBeInstanceOf(AuthenticationError);
    expect(JSON.stringify(wrong) + wrong.stack + String(wrong)).not.toContain('cflow_wrong');
    const camera = as(place.running.service.keyOf('predict'));
    expect((await camera.detector('wood').predict(png)).label).toMatch(/good|bad/);
    await expect(camera.detectors.get('wood')).rejects.toBeInstanceOf(PermissionError);
    expect((await as(place.running.service.keyOf('read')).detectors.get('wood')).name).toBe('wood');
  });

  it('is limited by the rate, and waits as it is told', async () => {
    const { limits } = place.running.service.parts;
    const url = await place.running.also({ limits: { ...limits, rate: { perSecond: 1, burst: 1 } } });
    const impatient = new CflowClient({ baseUrl: url, maxRetries: 0 });
    const png = await testPng(1);
    const both = await Promise.allSettled([1, 2].map(() => impatient.detector('wood').predict(png)));
    const refused = both.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
    expect(refused.reason).toBeInstanceOf(RateLimitError);
    expect(refused.reason).toMatchObject({ code: 'rate-limited', retryAfter: 1, retryable: true });
    const patient = new CflowClient({ baseUrl: url });
    expect((await patient.detector('wood').predict(png)).where).toBe('remote');
  });

  it('asks for health', async () => {
    expect(await place.client.alive()).toEqual({ status: 'alive', version: '0.1.0' });
    expect(await place.client.ready()).toEqual({ status: 'ready', version: '0.1.0' });
    place.running.service.readiness.state = 'draining';
    try {
      await expect(place.client.ready()).rejects.toMatchObject({ name: 'ServerError', status: 503 });
    } finally {
      place.running.service.readiness.state = 'ready';
    }
  });
});
