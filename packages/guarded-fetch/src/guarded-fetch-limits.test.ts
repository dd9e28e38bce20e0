import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createGuardedFetch } from './guarded-fetch.js';
import { errorOf, localFetch as local } from './testing/local-fetch.js';
import { testServers } from './testing/serve.js';

const serve = testServers();
const maxBytes = 100_000;

describe('the limits of fetchBytes', () => {
  it('refuses a file that says that it is too large without reading it', async () => {
    const { origin } = await serve((_, response) => {
      response.writeHead(200, { 'content-length': 10 ** 12 }).write('x');
    });
    const error = await errorOf(local().fetchBytes(origin, { maxBytes }));
    expect(error).toMatchObject({ code: 'url-refused', details: { maxBytes } });
  });

  it('stops reading a body without end', async () => {
    let sent = 0;
    const { origin } = await serve((_, response) => {
      const block = Buffer.alloc(65_536);
      const more = () => {
        while (!response.destroyed && response.write(block)) sent += block.length;
      };
      response.on('drain', more);
      more();
    });
    const error = await errorOf(local().fetchBytes(origin, { maxBytes }));
    expect(error.message).toMatch(/larger than the 100000 bytes/);
    // What the network's buffers hold at most, and not gigabytes.
    expect(sent).toBeLessThan(64e6);
  });

  it('keeps few pieces of an answer that is cut into bytes', async () => {
    const count = 50_000;
    const { origin } = await serve((_, response) => {
      response.writeHead(200, { 'transfer-encoding': 'chunked' });
      response.flushHeaders();
      response.socket?.end(`${'1\r\nx\r\n'.repeat(count)}0\r\n\r\n`);
    });
    let pieces = 0;
    const bytes = await local().fetchBytes(origin, { maxBytes, onBytes: () => void pieces++ });
    expect(Buffer.from(bytes).toString()).toBe('x'.repeat(count));
    expect(pieces).toBeLessThan(count / 1000);
  });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ] as const)('counts bytes after decompression: %s', async (encoding, compress) => {
    let body = compress(Buffer.alloc(maxBytes, 'a'));
    const { origin } = await serve((_, response) =>
      response.writeHead(200, { 'content-encoding': encoding }).end(body),
    );
    expect((await local().fetchBytes(origin, { maxBytes })).length).toBe(maxBytes);
    body = compress(Buffer.alloc(5e6));
    expect(body.length).toBeLessThan(maxBytes);
    const error = await errorOf(local().fetchBytes(origin, { maxBytes }));
    expect(error).toMatchObject({ code: 'url-refused', details: { maxBytes } });
  });

  it.each(['gzip, gzip', 'zstd', 'nonsense'])('refuses the encoding %s', async (encoding) => {
    const { origin } = await serve((_, response) =>
      response.writeHead(200, { 'content-encoding': encoding }).end('x'),
    );
    const error = await errorOf(local().fetchBytes(origin, { maxBytes }));
    expect(error.message).toMatch(/encoding/);
  });

  it('fails on damaged compression as on any damaged answer', async () => {
    const { origin } = await serve((_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end('not gzip'),
    );
    expect((await errorOf(local().fetchBytes(origin, { maxBytes }))).retryable).toBe(true);
  });

  it.each(['head', 'body'])('stops waiting for a slow %s', async (part) => {
    let closed: () => void;
    const gone = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const { origin } = await serve((_, response) => {
      const timer = part === 'body' ? setInterval(() => response.write('.'), 20) : undefined;
      response.on('close', () => {
        clearInterval(timer);
        closed();
      });
    });
    const error = await errorOf(local({ timeoutMs: 300 }).fetchBytes(origin, { maxBytes }));
    expect(error).toMatchObject({ code: 'unavailable', retryable: true });
    expect(error.message).toMatch(/after 300 ms/);
    await gone;
  });

  it('stops with the reason of the signal', async () => {
    const controller = new AbortController();
    const { origin } = await serve(() => controller.abort(new Error('enough')));
    const options = { maxBytes, signal: controller.signal };
    await expect(local().fetchBytes(origin, options)).rejects.toThrow('enough');
    await expect(local().fetchBytes(origin, options)).rejects.toThrow('enough');
  });
});

describe('what fetchBytes cannot get', () => {
  it.each([
    [404, false],
    [403, false],
    [204, false],
    [304, false],
    [429, true],
    [503, true],
  ])('refuses an answer with status %i; retryable: %s', async (status, retryable) => {
    const { origin } = await serve((_, response) => response.writeHead(status).end());
    const error = await errorOf(local().fetchBytes(`${origin}/file?token=secret`, { maxBytes }));
    expect(error.retryable).toBe(retryable);
    expect(error.message).toContain(`${origin}/file`);
    // Neither what an inner host answered nor what is secret in the address.
    expect(error.message).not.toMatch(/status|secret/);
  });

  it('fails, retryable and without naming addresses, when nobody listens', async () => {
    const fetcher = createGuardedFetch({
      allow: ['*'],
      allowPrivate: ['127.0.0.0/8'],
      lookup: async () => [{ address: '127.0.0.9', family: 4 }],
    });
    const error = await errorOf(fetcher.fetchBytes('http://nobody.test:9/', { maxBytes }));
    expect(error).toMatchObject({ code: 'unavailable', retryable: true });
    expect(error.message).not.toContain('127.0.0.9');
  });

  it('fails when the connection breaks before the end', async () => {
    const { origin } = await serve((_, response) => {
      response.writeHead(200, { 'content-length': 1000 }).write('x');
      setImmediate(() => response.destroy());
    });
    expect((await errorOf(local().fetchBytes(origin, { maxBytes }))).retryable).toBe(true);
  });
});
