import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testImage } from '@cflow/detector/testing';
import {
  AuthenticationError,
  BadRequestError,
  CflowClient,
  ConflictError,
  type ImageInput,
  JobError,
  NotFoundError,
  PayloadTooLargeError,
  PermissionError,
  type Prediction,
  RateLimitError,
  UnprocessableError,
  UnsupportedImageError,
} from '@cflow/sdk';
import { encodePng } from '@cflow/visual/node';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testPng } from '../../functions/predict/src/testing/test-service.js';
import { type RunningService, startRunningService } from './running-service.js';

const NOBODY = '0b7f7c0e-2f6b-4a53-9a0e-6d0b0f0e7c11';
let running: RunningService;
let client: CflowClient;

beforeAll(async () => {
  running = await startRunningService();
  client = new CflowClient({ baseUrl: running.url });
});
afterAll(() => running.close());

/** What a prediction says of the image alone. */
const said = ({ id, milliseconds, ...rest }: Prediction): object => rest;

async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < bytes.length; i += 1000) yield bytes.subarray(i, i + 1000);
}

async function listed<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

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
      const wood = client.detector('wood');
      const found: Prediction[] = [];
      for (const form of forms) found.push(await wood.predict(form));
      expect(found[0]).toMatchObject({
        where: 'remote',
        detector: { name: 'wood', version: running.service.versions.latest, device: 'cpu' },
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
    const wood = client.detector('wood@stable');
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
    expect(full.detector.version).toBe(running.service.versions.old);
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
    const wood = client.detector('wood');
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
    const wood = client.detector('wood');
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
    const { data, response, requestId } = await client.predict(png, { detectors }).withResponse();
    expect(data.map(({ detector }) => detector.name)).toEqual(['wood', 'steel', 'wood']);
    expect(response.status).toBe(200);
    expect(requestId).toBe(response.headers.get('x-request-id'));
    const alone = await client.detector('steel').predict(png);
    expect(said(data[1] as Prediction)).toEqual(said(alone));
    const many = await listed(client.predictAll([png, await testPng(7)], { detectors }));
    expect(many).toHaveLength(2);
    expect(many[0]?.map(said)).toEqual(data.map(said));
  });

  it('lets the service fetch what has an address', async () => {
    const png = await testPng(8);
    const url = await running.also({ fetchUrl: async () => png });
    const wood = new CflowClient({ baseUrl: url }).detector('wood');
    const direct = said(await wood.predict(png));
    expect(said(await wood.predict({ url: 'https://images.example/a.png' }))).toEqual(direct);
    const mixed = await wood.predictBatch([png, { url: 'https://images.example/a.png' }]);
    expect(mixed.map(said)).toEqual([direct, direct]);
    await expect(
      client.detector('wood').predict({ url: 'https://images.example/a.png' }),
    ).rejects.toMatchObject({ name: 'UnprocessableError', code: 'url-refused', status: 422 });
  });

  it('refuses what is no image, in words', async () => {
    const wood = client.detector('wood');
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
    await expect(wood.predict(texts() as never)).rejects.toThrow(/stream of bytes, found string/);
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
      fetch: (url, init) => running.app.request(url, init),
    });
    const png = await testPng(3);
    expect(said(await here.detector('wood').predict(png))).toEqual(
      said(await client.detector('wood').predict(png)),
    );
  });
});

describe('the registry', () => {
  it('is listed page by page', async () => {
    const { latest, old } = running.service.versions;
    const names = (await listed(client.detectors.list({ limit: 1 }))).map(({ name }) => name);
    expect(names).toEqual(['steel', 'wood']);
    const page = await client.detectors.list({ limit: 1 }).page();
    expect(page).toMatchObject({ items: [{ name: 'steel' }], next: expect.any(String) });
    expect(await listed(client.detectors.list({ after: page.next as string }))).toHaveLength(1);
    const versions = await listed(client.detectors.versions('wood', { limit: 1 }));
    expect(versions.map(({ version }) => version).sort()).toEqual([latest, old].sort());
    expect(await client.detectors.get('wood')).toEqual({ name: 'wood', aliases: { latest, stable: old } });
    await expect(client.detectors.get('nobody')).rejects.toBeInstanceOf(NotFoundError);
    for (const name of ['..', '.', '']) {
      await expect(client.detectors.get(name)).rejects.toMatchObject({ name: 'ArgumentError' });
    }
  });

  it('gives versions with their files, takes new ones, moves aliases and deletes', async () => {
    const detail = await client.detectors.version('steel', 'latest');
    const files = new Map<string, Blob>();
    for (const file of ['manifest.json', ...Object.keys(detail.manifest.files)]) {
      files.set(file, await client.detectors.file('steel', detail.version, file));
    }
    const sizes = Object.entries(detail.manifest.files).map(([name, { bytes }]) => [name, bytes]);
    expect(sizes.map(([name]) => [name, files.get(name as string)?.size])).toEqual(sizes);
    const published = await client.detectors.publish('copy', files, { alias: 'first' });
    expect(published).toMatchObject({ name: 'copy', version: detail.version, aliases: ['first'] });
    expect(await client.detectors.publish('copy', Object.fromEntries(files), { alias: null })).toMatchObject({
      aliases: ['first'],
    });
    const { version } = published;
    expect(await client.detectors.moveAlias('copy', 'second', version, { expected: null })).toEqual({
      name: 'copy',
      alias: 'second',
      version,
    });
    await expect(
      client.detectors.moveAlias('copy', 'second', version, { expected: null }),
    ).rejects.toBeInstanceOf(ConflictError);
    await expect(client.detectors.deleteVersion('copy', version)).rejects.toBeInstanceOf(ConflictError);
    expect(await client.detectors.alias('copy', 'second')).toMatchObject({ version });
    expect(await client.detectors.deleteAlias('copy', 'first')).toBeUndefined();
    await client.detectors.deleteAlias('copy', 'second');
    await client.detectors.deleteVersion('copy', version);
    await expect(client.detectors.get('copy')).rejects.toBeInstanceOf(NotFoundError);
    await expect(client.detectors.publish('copy', {})).rejects.toBeInstanceOf(BadRequestError);
  });

  it('keeps feedback and knows drift', async () => {
    const { id } = await client.detector('steel').predict(await testPng(2));
    const kept = await client.feedback(id as string, { label: 'good', note: 'only dust' });
    expect(kept).toMatchObject({ prediction: id, name: 'steel', label: 'good', note: 'only dust' });
    expect(await listed(client.detectors.feedback('steel', { version: 'latest' }))).toEqual([kept]);
    expect(await client.detectors.drift('steel')).toMatchObject({
      name: 'steel',
      method: 'kolmogorov-smirnov',
      samples: expect.any(Number),
    });
    await expect(client.feedback('nonsense', { label: 'bad' })).rejects.toMatchObject({ name: /Error$/ });
  });
});

describe('jobs', () => {
  const archive = (): Uint8Array<ArrayBuffer> =>
    new Uint8Array([0x50, 0x4b, 3, 4, ...new TextEncoder().encode('the rest of an archive')]);

  it('are made from a path, an archive, a stream or files, once for each key', async () => {
    const upload = await client.jobs.upload(archive());
    expect(upload.path).toBe(`data-sets/${upload.sha256}.zip`);
    const job = await client.jobs.create({ name: 'wood', dataSet: { path: upload.path }, epochs: 2 });
    expect(job).toMatchObject({ status: 'queued', request: { preset: 'fast', epochs: 2 } });
    expect(
      (await client.jobs.create({ name: 'wood', dataSet: new Blob([archive()]) })).request.dataSet,
    ).toEqual({ path: upload.path });
    expect(await client.jobs.upload(chunksOf(archive()))).toEqual(upload);
    const once = () =>
      client.jobs.create({ name: 'wood', dataSet: { path: upload.path } }, { idempotencyKey: 'key-1' });
    expect((await once()).id).toBe((await once()).id);
    await expect(
      client.jobs.create({ name: 'steel', dataSet: { path: upload.path } }, { idempotencyKey: 'key-1' }),
    ).rejects.toMatchObject({ code: 'idempotency-mismatch' });

    const files = { 'train/good/ä 1.png': await testPng(1), 'train/good/2.png': await testPng(2) };
    const packed = await client.jobs.upload({ files });
    const stored = await running.service.parts.objects?.get(packed.path);
    const bytes = new Uint8Array(await new Response(stored?.body).arrayBuffer());
    expect(unzipSync(bytes)).toEqual(files);
    const address = { url: 'https://data.example/wood.zip' };
    expect((await client.jobs.create({ name: 'wood', dataSet: address })).request.dataSet).toEqual(address);
    await expect(client.jobs.create({ name: 'wood', dataSet: 7 as never })).rejects.toMatchObject({
      name: expect.stringMatching(/ArgumentError|TypeError/),
    });
    await expect(client.jobs.upload(new Uint8Array(8))).rejects.toMatchObject({ code: 'data-set' });
    expect((await listed(client.jobs.list({ limit: 2, status: 'queued' }))).length).toBeGreaterThan(3);
  });

  it('are watched to their end, waited for, logged, and cancelled', async () => {
    const jobs = running.service.parts.jobs;
    for await (const { id } of client.jobs.list({ status: 'queued' })) await client.jobs.cancel(id);
    const { id } = await client.jobs.create({
      name: 'wood',
      dataSet: { path: 'data-sets/wood.zip' },
      alias: null,
    });
    const worker = await jobs?.work({
      async handle(lease) {
        await lease.progress({ fraction: 0.5, phase: 'training' });
        await lease.event('log', { level: 'info', message: 'half of it' });
        const version = await lease.claimVersion(running.service.versions.latest);
        return { name: 'wood', version, metrics: null };
      },
    });
    const fractions: number[] = [];
    const watched = listed(client.jobs.events(id));
    const done = await client.jobs.wait(id, { onProgress: ({ fraction }) => fractions.push(fraction) });
    await worker?.stop();
    expect(done).toMatchObject({ status: 'succeeded', result: { version: running.service.versions.latest } });
    expect(fractions).toContain(0.5);
    expect(fractions.at(-1)).toBe(1);
    const events = await watched;
    expect(events.map(({ type }) => type)).toContain('log');
    expect(events.map((event) => event.id)).toEqual(events.map((_, i) => i + 1));
    expect(await listed(client.jobs.events(id, { after: 2 }))).toEqual(events.slice(2));
    expect(await listed(client.jobs.events(id, { after: events.length }))).toEqual([]);
    expect(await client.jobs.logs(id)).toMatch(/^\S+ info half of it\n$/);
    const other = await client.jobs.create({ name: 'wood', dataSet: { path: 'data-sets/wood.zip' } });
    expect(await client.jobs.cancel(other.id)).toMatchObject({ status: 'cancelled' });
    await expect(client.jobs.cancel(other.id)).rejects.toBeInstanceOf(ConflictError);
    const error = await client.jobs.wait(other.id).catch((reason) => reason);
    expect(error).toBeInstanceOf(JobError);
    expect(error).toMatchObject({ code: 'cancelled', job: { id: other.id } });
    await expect(client.jobs.wait(NOBODY)).rejects.toBeInstanceOf(NotFoundError);
  });

  it('are no longer watched when the signal aborts', async () => {
    const { id } = await client.jobs.create({ name: 'wood', dataSet: { path: 'data-sets/wood.zip' } });
    const stop = new AbortController();
    const waiting = client.jobs.wait(id, { signal: stop.signal, onProgress: () => stop.abort() });
    await expect(waiting).rejects.toMatchObject({ name: 'AbortedError', code: 'aborted' });
  });
});

describe('who may', () => {
  it('is said by keys', async () => {
    const url = await running.also({ keys: running.service.apiKeys });
    const as = (apiKey?: string): CflowClient => new CflowClient({ baseUrl: url, apiKey });
    const png = await testPng(1);
    await expect(as().detector('wood').predict(png)).rejects.toBeInstanceOf(AuthenticationError);
    const wrong = await as('cflow_wrong')
      .detectors.get('wood')
      .catch((error) => error);
    expect(wrong).toBeInstanceOf(AuthenticationError);
    expect(JSON.stringify(wrong) + wrong.stack + String(wrong)).not.toContain('cflow_wrong');
    const camera = as(running.service.keyOf('predict'));
    expect((await camera.detector('wood').predict(png)).label).toMatch(/good|bad/);
    await expect(camera.detectors.get('wood')).rejects.toBeInstanceOf(PermissionError);
    expect((await as(running.service.keyOf('read')).detectors.get('wood')).name).toBe('wood');
  });

  it('is limited by the rate, and waits as it is told', async () => {
    const { limits } = running.service.parts;
    const url = await running.also({ limits: { ...limits, rate: { perSecond: 1, burst: 1 } } });
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
    expect(await client.alive()).toEqual({ status: 'alive', version: '0.1.0' });
    expect(await client.ready()).toEqual({ status: 'ready', version: '0.1.0' });
    running.service.readiness.state = 'draining';
    try {
      await expect(client.ready()).rejects.toMatchObject({ name: 'ServerError', status: 503 });
    } finally {
      running.service.readiness.state = 'ready';
    }
  });
});
