import * as zlib from 'node:zlib';
import type { Inference } from '@cflow/inference';
import { describe, expect, it } from 'vitest';
import { nodeCodings } from '../../node/content-codings.js';
import { createApp } from '../create-app.js';
import type { AppParts, Limits } from '../parts.js';
import { PORTABLE_CODINGS } from './content-coding.js';

const MEGABYTE = 1_000_000;
const LIMITS: Limits = {
  bodyBytes: 8 * MEGABYTE,
  bodyMemoryBytes: 8 * MEGABYTE,
  uploadBytes: 8 * MEGABYTE,
  requestTimeoutMs: 20_000,
  bodyTimeoutMs: 20_000,
  rate: null,
};
const { zstdCompressSync } = zlib as { zstdCompressSync?: (bytes: Uint8Array) => Buffer };
const ENCODERS: Readonly<Record<string, (bytes: Uint8Array) => Buffer>> = {
  gzip: zlib.gzipSync,
  deflate: zlib.deflateSync,
  br: zlib.brotliCompressSync,
  ...(zstdCompressSync && { zstd: zstdCompressSync }),
};

/** A service that keeps what it is to score. */
function service(contentCodings: AppParts['contentCodings'] = nodeCodings()) {
  const seen: Uint8Array[] = [];
  const inference = {
    predict: async ({ images }: { images: { image: { encoded: Uint8Array } }[] }) => {
      seen.push(...images.map(({ image }) => image.encoded));
      return [];
    },
    status: () => ({ queue: { length: 0, capacity: 8 }, detectors: [], device: undefined }),
  } as unknown as Inference;
  const silent = (): void => {};
  const parts = {
    version: '0.1.0',
    inference,
    registry: {},
    secret: new Uint8Array(32).fill(7),
    limits: LIMITS,
    contentCodings,
    readiness: { state: 'ready', detail: '' },
    now: Date.now,
    logger: { debug: silent, info: silent, warn: silent, error: silent },
    corsOrigins: [],
  } as unknown as AppParts;
  return { app: createApp(parts), seen };
}

const PREDICT = '/v1/detectors/wood/predict';
const coded = (body: Uint8Array, encoding: string, type = 'image/png'): RequestInit => ({
  method: 'POST',
  body: new Uint8Array(body),
  headers: { 'content-type': type, 'content-encoding': encoding },
});
const detailOf = async (answer: Response): Promise<string> =>
  ((await answer.json()) as { detail: string }).detail;

const image = Uint8Array.from({ length: 300_000 }, (_, i) => (i * i + (i >> 5)) & 255);

describe('a body that is coded', () => {
  it.each(Object.keys(ENCODERS))('is what it stands for: %s', async (encoding) => {
    const { app, seen } = service();
    const sent = ENCODERS[encoding]?.(image) as Buffer;
    expect((await app.request(PREDICT, coded(sent, encoding.toUpperCase()))).status).toBe(200);
    const json = JSON.stringify({ images: [{ base64: Buffer.from(image).toString('base64') }] });
    const text = ENCODERS[encoding]?.(Buffer.from(json)) as Buffer;
    expect((await app.request(PREDICT, coded(text, encoding, 'application/json'))).status).toBe(200);
    expect(seen.map((each) => Buffer.compare(each, image))).toEqual([0, 0]);
  });

  it('is taken in gzip and deflate everywhere, under their names of old too', async () => {
    const { app, seen } = service(PORTABLE_CODINGS);
    for (const [name, encoder] of [
      ['gzip', 'gzip'],
      ['x-gzip', 'gzip'],
      ['deflate', 'deflate'],
    ] as const) {
      const sent = ENCODERS[encoder]?.(image) as Buffer;
      expect((await app.request(PREDICT, coded(sent, name))).status).toBe(200);
    }
    expect((await app.request(PREDICT, coded(image, 'identity'))).status).toBe(200);
    expect(seen.map((each) => Buffer.compare(each, image))).toEqual([0, 0, 0, 0]);
    const refused = await app.request(PREDICT, coded(image, 'br'));
    expect([refused.status, refused.headers.get('accept-encoding')]).toEqual([415, 'gzip, deflate']);
  });

  it('is refused by name when nobody knows the coding, or there are two', async () => {
    const { app, seen } = service();
    for (const name of ['lz4', 'gzip, gzip', 'x'.repeat(500)]) {
      const refused = await app.request(PREDICT, coded(image, name));
      expect(refused.status).toBe(415);
      expect(await detailOf(refused)).toMatch(/^expected Content-Encoding gzip, deflate, br.*got "/);
    }
    expect(seen).toEqual([]);
  });

  it.each(Object.keys(ENCODERS))('is refused when it is not what it says: %s', async (encoding) => {
    const { app, seen } = service();
    const whole = ENCODERS[encoding]?.(image) as Buffer;
    const damaged = Buffer.from(whole);
    damaged.fill(0xff, 20, 60);
    for (const body of [image, whole.subarray(0, whole.length >> 1), damaged, new Uint8Array(0)]) {
      const refused = await app.request(PREDICT, coded(body, encoding));
      const detail = await detailOf(refused);
      expect(refused.status, detail).toBe(400);
      if (body.length > 0) expect(detail).toContain(`is not ${encoding}`);
    }
    expect(seen).toEqual([]);
  });

  it('counts as it was sent and as it is meant, however little was sent', async () => {
    const { app, seen } = service();
    for (const [encoding, encode] of Object.entries(ENCODERS)) {
      const bomb = encode(new Uint8Array(32 * MEGABYTE));
      expect(bomb.length).toBeLessThan(MEGABYTE);
      const refused = await app.request(PREDICT, coded(bomb, encoding));
      expect([refused.status, await detailOf(refused)]).toEqual([
        413,
        expect.stringContaining('when it is decoded'),
      ]);
    }
    expect(seen).toEqual([]);
  });

  it('is decoded no further than it is read, so that a few kilobytes never become all memory', async () => {
    const { app } = service();
    // 256 MB in pieces of a kilobyte, each of which stands for a million bytes.
    const bomb = zlib.gzipSync(new Uint8Array(256 * MEGABYTE), { level: 9 });
    let sent = 0;
    let most = 0;
    const before = process.memoryUsage().arrayBuffers;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        most = Math.max(most, process.memoryUsage().arrayBuffers - before);
        if (sent >= bomb.length) controller.close();
        else controller.enqueue(new Uint8Array(bomb.subarray(sent, sent + 1000)));
        sent += 1000;
      },
    });
    const init = { ...coded(new Uint8Array(0), 'gzip'), body, duplex: 'half' } as RequestInit;
    expect((await app.request(PREDICT, init)).status).toBe(413);
    expect(sent).toBeLessThan(bomb.length / 4);
    expect(most).toBeLessThan(64 * MEGABYTE);
  });

  it('gives back what it held when it is refused', async () => {
    const { app, seen } = service();
    const bomb = ENCODERS.gzip?.(new Uint8Array(32 * MEGABYTE)) as Buffer;
    const fits = ENCODERS.gzip?.(new Uint8Array(6 * MEGABYTE)) as Buffer;
    for (let i = 0; i < 4; i++) {
      expect((await app.request(PREDICT, coded(bomb, 'gzip'))).status).toBe(413);
      expect((await app.request(PREDICT, coded(fits, 'gzip'))).status).toBe(200);
    }
    expect(seen.map(({ length }) => length)).toEqual(Array(4).fill(6 * MEGABYTE));
  });
});
