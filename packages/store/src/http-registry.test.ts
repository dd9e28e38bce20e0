import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { CflowError, ConfigurationError } from '@cflow/spec';
import { afterEach, describe, expect, it } from 'vitest';
import { describeRegistryReader } from './conformance.js';
import { httpRegistry } from './http-registry.js';
import { ObjectRegistry } from './object-registry.js';
import { readAll } from './read-all.js';
import type { Registry } from './registry.js';
import { memoryObjectStore } from './testing/memory-object-store.js';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function serve(listener: RequestListener): Promise<{ baseUrl: string; close: () => void }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

async function service(listener: RequestListener): Promise<string> {
  const { baseUrl, close } = await serve(listener);
  closing.push(close);
  return baseUrl;
}

/** The routes that a reader needs, over a registry. */
function routes(registry: Registry): RequestListener {
  return async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://host');
    const [, , name = '', , reference = '', , file] = url.pathname
      .slice(1)
      .split('/')
      .map(decodeURIComponent);
    const page = {
      limit: Number(url.searchParams.get('limit') ?? 50),
      after: url.searchParams.get('after') ?? undefined,
    };
    const json = (value: unknown): void => void response.writeHead(200).end(JSON.stringify(value));
    try {
      if (name === '') return json(await registry.listDetectors(page));
      if (url.pathname.endsWith('/versions')) return json(await registry.listVersions(name, page));
      if (reference === '') return json({ name, aliases: await registry.aliases(name) });
      const version = await registry.resolve(name, reference);
      if (file === undefined) return json(await registry.version(name, version));
      const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
      const range = start === undefined ? undefined : { start: Number(start), end: Number(end) };
      const found = await registry.file(name, version, file, { range });
      const last = Math.min(range?.end ?? found.size - 1, found.size - 1);
      response.writeHead(range ? 206 : 200, {
        etag: `"${found.sha256}"`,
        'content-length': last - (range?.start ?? 0) + 1,
        ...(range && { 'content-range': `bytes ${range.start}-${last}/${found.size}` }),
      });
      Readable.fromWeb(found.body as Parameters<typeof Readable.fromWeb>[0]).pipe(response);
    } catch (error) {
      const status = CflowError.isInstance(error) && error.code === 'not-found' ? 404 : 500;
      response.writeHead(status, { 'content-type': 'application/problem+json' });
      response.end(JSON.stringify({ status, detail: (error as Error).message }));
    }
  };
}

describeRegistryReader({
  name: 'HTTP',
  create: async () => {
    const registry = new ObjectRegistry(memoryObjectStore());
    const { baseUrl, close } = await serve(routes(registry));
    return { registry, reader: httpRegistry({ baseUrl }), close: async () => close() };
  },
});

const problem = (status: number, code: string): string =>
  JSON.stringify({
    type: `urn:cflow:problem:${code}`,
    title: code,
    status,
    detail: `it is ${code}`,
    code,
    requestId: 'r-1',
  });

describe('httpRegistry', () => {
  it.each([
    [404, 'not-found', { name: 'RegistryError', code: 'not-found', retryable: false }],
    [409, 'conflict', { name: 'RegistryError', code: 'conflict', retryable: false }],
    [401, 'unauthorized', { name: 'StorageError', code: 'permission', retryable: false }],
    [400, 'invalid-request', { name: 'StorageError', code: 'store', retryable: false }],
    [429, 'rate-limited', { name: 'StorageError', code: 'store', retryable: true }],
    [503, 'unavailable', { name: 'StorageError', code: 'store', retryable: true }],
  ])('turns status %i into an error', async (status, code, expected) => {
    const baseUrl = await service((_, response) => response.writeHead(status).end(problem(status, code)));
    const error = await httpRegistry({ baseUrl })
      .aliases('wood')
      .catch((found: unknown) => found);
    expect(error).toMatchObject({ ...expected, details: { requestId: 'r-1', code, status } });
    expect((error as Error).message).toContain(`it is ${code}`);
  });

  it('gives its key to the service, and to nobody whom that points to', async () => {
    const seen: (string | undefined)[] = [];
    const other = await service((request, response) => {
      seen.push(`elsewhere ${request.headers.authorization}`);
      response.end('{}');
    });
    const baseUrl = await service((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(302, { location: other }).end();
    });
    await expect(httpRegistry({ baseUrl, apiKey: 'k-1' }).aliases('wood')).rejects.toMatchObject({
      code: 'store',
    });
    expect(seen).toEqual(['Bearer k-1']);
  });

  it.each(['not json', '{"name":"wood"}', '[]', 'x'.repeat(17 * 2 ** 20)])(
    'does not believe any answer (%#)',
    async (text) => {
      const baseUrl = await service((_, response) => response.end(text));
      await expect(httpRegistry({ baseUrl }).aliases('wood')).rejects.toMatchObject({
        code: 'store',
        retryable: false,
      });
    },
  );

  it('says so when nobody answers, in time or at all', async () => {
    const silent = await service(() => undefined);
    await expect(httpRegistry({ baseUrl: silent, timeoutMs: 50 }).aliases('wood')).rejects.toMatchObject({
      code: 'store',
      retryable: true,
    });
    const gone = await serve(() => undefined);
    gone.close();
    await expect(httpRegistry({ baseUrl: gone.baseUrl }).aliases('wood')).rejects.toMatchObject({
      retryable: true,
    });
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(httpRegistry({ baseUrl: silent }).file('wood', 'a', 'b', { signal })).rejects.toThrow(
      'enough',
    );
  });

  it.each(['breaks off', 'stalls'])('fails a file that %s', async (how) => {
    const etag = `"${'0'.repeat(64)}"`;
    const baseUrl = await service((_, response) => {
      response.writeHead(200, { etag, 'content-length': 1000 });
      response.write('half');
      if (how === 'breaks off') setTimeout(() => response.destroy(), 20);
    });
    const file = await httpRegistry({ baseUrl, timeoutMs: 200 }).file('wood', 'a', 'b');
    await expect(readAll(file.body, 1000, 'file')).rejects.toMatchObject({ code: 'store', retryable: true });
  });

  it('refuses files without a hash, and ranges that were not kept to', async () => {
    const baseUrl = await service((_, response) =>
      response.writeHead(200, { 'content-length': 2 }).end('ab'),
    );
    await expect(httpRegistry({ baseUrl }).file('wood', 'a', 'b')).rejects.toThrow(
      /without its size, hash or range/,
    );
    await expect(
      httpRegistry({ baseUrl }).file('wood', 'a', 'b', { range: { start: 1, end: 1 } }),
    ).rejects.toThrow();
  });

  it('cannot be led to other addresses by names', async () => {
    const seen: (string | undefined)[] = [];
    const baseUrl = await service((request, response) => {
      seen.push(request.url);
      response.writeHead(404).end();
    });
    const reader = httpRegistry({ baseUrl: `${baseUrl}/below` });
    await reader.aliases('../../admin?x=1#').catch(() => undefined);
    await reader.aliases('..').catch(() => undefined);
    expect(seen.filter((url) => !url?.startsWith('/below/v1/detectors/'))).toEqual([]);
  });

  it.each(['', 'wood', 'ftp://host', 'http://user:pass@host', 'http://host?x=1'])(
    'refuses the address %j',
    (baseUrl) => {
      expect(() => httpRegistry({ baseUrl })).toThrow(ConfigurationError);
    },
  );
});
