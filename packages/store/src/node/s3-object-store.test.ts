import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readAll } from '../read-all.js';
import { findS3Server, type S3Server, startS3Server } from '../testing/s3-server.js';
import { s3ObjectStore } from './s3-object-store.js';

const found = await findS3Server();
const missing = 'missing' in found ? found.missing : undefined;

let server: S3Server;
beforeAll(async () => {
  if ('folder' in found) server = await startS3Server(found.folder);
});
afterAll(async () => server?.stop());

describe('an S3 server that is killed', () => {
  it('during an upload leaves nothing half, says so, and works again when it is back', async ({ skip }) => {
    if (missing !== undefined) skip(missing);
    const { endpoint, region, credentials } = server;
    const bucket = await server.createBucket();
    const options = { bucket, endpoint, region, credentials, maxAttempts: 2 };
    const store = s3ObjectStore(options);
    await store.put('before', new Uint8Array([1]));
    let sent = 0;
    const content = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          // Some parts have arrived by then.
          if (++sent === 40) await server.kill();
          if (sent <= 80) controller.enqueue(new Uint8Array(2 ** 20));
          else controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    const error = await store.put('large', content).catch((failure: unknown) => failure);
    expect(error).toMatchObject({ name: 'StorageError', code: 'store', retryable: true });
    for (const call of [
      () => store.head('before'),
      () => store.get('before'),
      () => store.put('before', new Uint8Array([2]), { ifMatch: null }),
      () => store.delete('before'),
      () => store.list('', { limit: 1 }),
      () => store.listNames('', { limit: 1 }),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'store', retryable: true });
    }
    await server.restart();
    expect(await store.head('large')).toBeUndefined();
    expect((await store.list('', { limit: 10 })).map(({ key }) => key)).toEqual(['before']);
    expect(await store.put('large', new Uint8Array(2 ** 20), { ifMatch: null })).toMatchObject({
      written: true,
    });
  });

  it('during a download fails the stream', async ({ skip }) => {
    if (missing !== undefined) skip(missing);
    const { endpoint, region, credentials } = server;
    const store = s3ObjectStore({
      bucket: await server.createBucket(),
      endpoint,
      region,
      credentials,
      maxAttempts: 1,
    });
    await store.put('large', new Uint8Array(64 * 2 ** 20));
    const object = await store.get('large');
    const reader = object?.body.getReader();
    await reader?.read();
    await server.kill();
    const rest = (async () => {
      while (!(await reader?.read())?.done);
    })();
    await expect(rest).rejects.toMatchObject({ code: 'store', retryable: true });
    await server.restart();
  });

  it('tells wrong credentials and missing buckets', async ({ skip }) => {
    if (missing !== undefined) skip(missing);
    const { endpoint, region, credentials } = server;
    const bucket = await server.createBucket();
    const wrong = { ...credentials, secretAccessKey: 'wrong' };
    const store = s3ObjectStore({ bucket, endpoint, region, credentials: wrong });
    const error = await store.put('a', new Uint8Array()).catch((failure: unknown) => failure);
    expect(error).toMatchObject({ code: 'permission', retryable: false });
    expect((error as Error).message).not.toContain(wrong.accessKeyId);
    const none = s3ObjectStore({ bucket: 'no-such-bucket', endpoint, region, credentials });
    await expect(none.put('a', new Uint8Array())).rejects.toThrow(/there is no bucket/);
  });
});

describe('a server that takes no notice of conditions', () => {
  it('is refused before two writers overwrite each other', async () => {
    const server = createServer((request, response) => {
      request.resume();
      request.on('end', () => response.writeHead(200, { etag: '"1"' }).end());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
    const store = s3ObjectStore({ bucket: 'bucket', endpoint, credentials });
    try {
      await expect(store.put('a', new Uint8Array([1]), { ifMatch: null })).rejects.toMatchObject({
        code: 'store',
        retryable: false,
        message: expect.stringMatching(/does not keep to If-None-Match/),
      });
      await expect(store.put('a', new Uint8Array([1]))).resolves.toMatchObject({ written: true });
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});

describe('a clock that is set', () => {
  const HOUR_MS = 3_600_000;
  const real = Date.now;
  let offset = 0;
  let set = 0;
  let refused = 0;
  let endpoint = '';
  // A server that keeps to the time, and refuses what was signed at another.
  const keeper = createServer((request, response) => {
    const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(
      String(request.headers['x-amz-date']),
    ) as RegExpExecArray;
    const signed = Date.UTC(Number(y), Number(mo) - 1, Number(d), Number(h), Number(mi), Number(s));
    // Somebody sets the clock here while the request is on its way.
    offset = set;
    response.setHeader('date', new Date(real()).toUTCString());
    request.resume();
    request.on('end', () => {
      if (Math.abs(signed - real()) < 900_000) return response.writeHead(200, { etag: '"1"' }).end();
      refused++;
      const words = '<Error><Code>RequestTimeTooSkewed</Code><Message>skewed</Message></Error>';
      return response.writeHead(403, { 'content-type': 'application/xml' }).end(words);
    });
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => keeper.listen(0, '127.0.0.1', resolve));
    endpoint = `http://127.0.0.1:${(keeper.address() as AddressInfo).port}`;
    vi.spyOn(Date, 'now').mockImplementation(() => real() + offset);
  });
  afterAll(() => {
    vi.restoreAllMocks();
    keeper.closeAllConnections();
    keeper.close();
  });

  it('by an hour, both ways and between any two requests, costs a request at most another try', async () => {
    const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
    const store = s3ObjectStore({ bucket: 'bucket', endpoint, credentials });
    await store.put('a', new Uint8Array([1]));
    for (const to of [HOUR_MS, -HOUR_MS, 0]) {
      set = to;
      for (let i = 0; i < 2; i++) {
        await store.put('a', new Uint8Array([1]));
        expect(await store.head('a')).toMatchObject({ key: 'a' });
        await store.delete('a');
      }
    }
    expect(refused).toBeGreaterThan(0);
  });
});

describe('a lost answer', () => {
  it('does not make a writer believe that somebody else has won', async ({ skip }) => {
    if (missing !== undefined) skip(missing);
    // Carries one request out and closes the connection instead of answering.
    let lose = false;
    const proxy = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { connection: _, 'transfer-encoding': __, host: ___, ...headers } = request.headers;
      const forward = httpRequest(server.endpoint + request.url, {
        method: request.method ?? 'GET',
        headers: { ...headers, host: request.headers.host ?? '' },
      });
      forward.on('response', (answer) => {
        if (lose && request.method === 'PUT') {
          lose = false;
          answer.resume();
          request.socket.destroy();
          return;
        }
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      });
      forward.end(Buffer.concat(chunks));
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    try {
      const endpoint = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
      const { region, credentials } = server;
      const store = s3ObjectStore({ bucket: await server.createBucket(), endpoint, region, credentials });
      await store.put('first', new Uint8Array([1]), { ifMatch: null });
      lose = true;
      const result = await store.put('a', new Uint8Array([1, 2]), { ifMatch: null });
      expect(lose).toBe(false);
      expect(result).toMatchObject({ written: true });
      expect((await store.head('a'))?.etag).toBe((result as { etag: string }).etag);
      const body = (await store.get('a'))?.body as ReadableStream<Uint8Array>;
      expect([...(await readAll(body, 10, 'a'))]).toEqual([1, 2]);
      expect(await store.put('a', new Uint8Array([3]), { ifMatch: null })).toEqual({ written: false });
    } finally {
      proxy.closeAllConnections();
      proxy.close();
    }
  });
});
