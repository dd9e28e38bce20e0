import { createHash } from 'node:crypto';
import { mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ConfigurationError, WeightsError } from '@cflow/spec';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pullBackbone } from './hub.js';
import { downloadTo } from './hub-download.js';
import { HubRequests } from './hub-requests.js';
import { readSafetensors, writeSafetensors } from './safetensors.js';
import { storageError } from './write-atomically.js';

const values = Float32Array.from({ length: 100_000 }, (_, i) => i);
const weights = writeSafetensors(
  new Map([['conv1.weight', { type: 'float32', dims: [values.length], data: values }]]),
);
const sha256 = createHash('sha256').update(weights).digest('hex');
const RESOLVE = '/timm/resnet18.a1_in1k/resolve/main/model.safetensors';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A server on loopback that keeps what it was asked: "METHOD path range? token?". */
class Loopback {
  readonly log: string[] = [];
  readonly #server: Server;
  handler: Handler = hub;

  constructor() {
    this.#server = createServer((request, response) => {
      const { method, url, headers } = request;
      this.log.push([method, url, headers.range, headers.authorization].filter(Boolean).join(' '));
      this.handler(request, response);
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** The part of the file that a request asks for, as the hub's storage answers. */
const storage: Handler = (request, response) => {
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  if (!range) {
    response.writeHead(200, { etag: '"storage"', 'content-length': weights.length }).end(weights);
    return;
  }
  const start = Number(range[1]);
  const end = range[2] ? Number(range[2]) : weights.length - 1;
  const part = weights.subarray(start, end + 1);
  response
    .writeHead(206, {
      etag: '"storage"',
      'content-length': part.length,
      'content-range': `bytes ${start}-${end}/${weights.length}`,
    })
    .end(part);
};

/** The hub, as it answers for a file that it serves itself. */
const hub: Handler = (request, response) => {
  if (request.url !== RESOLVE) {
    response.writeHead(404, { 'x-error-code': 'RepoNotFound' }).end();
    return;
  }
  response.setHeader('x-linked-etag', `"${sha256}"`);
  response.setHeader('x-linked-size', weights.length);
  response.setHeader('x-repo-commit', 'c0ffee'.repeat(7).slice(0, 40));
  storage(request, response);
};

const refuse =
  (status: number, code?: string): Handler =>
  (_, response) => {
    response
      .writeHead(status, { 'content-type': 'application/json', ...(code && { 'x-error-code': code }) })
      .end('{"error":"no"}');
  };

let cacheDir: string;
let server: Loopback;
let endpoint: string;
beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'cflow-hub-'));
  server = new Loopback();
  endpoint = await server.listen();
  vi.stubEnv('HF_TOKEN', undefined);
  vi.stubEnv('HF_ENDPOINT', undefined);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server.close();
  await rm(cacheDir, { recursive: true, force: true });
});

const pull = (options: Parameters<typeof pullBackbone>[1] = {}) =>
  pullBackbone('resnet18.a1_in1k', { endpoint, cacheDir, ...options });

async function failure(promise: Promise<unknown>): Promise<WeightsError> {
  const error = await promise.then(
    () => undefined,
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(WeightsError);
  return error;
}

async function weightFiles(): Promise<string[]> {
  const names = await readdir(cacheDir, { recursive: true });
  return names.filter((name) => name.endsWith('.safetensors') || name.endsWith('.partial'));
}

describe('pullBackbone', () => {
  it('fetches the weights, checks them, and tells how far it is', async () => {
    const seen: number[] = [];
    const pulled = await pull({ onProgress: ({ received, total }) => seen.push(received / total) });
    expect(pulled).toMatchObject({
      repository: 'timm/resnet18.a1_in1k',
      revision: 'main',
      sha256,
      size: weights.length,
      fromCache: false,
    });
    expect(readSafetensors(await readFile(pulled.path)).tensors.get('conv1.weight')?.data).toEqual(values);
    expect(seen.at(-1)).toBe(1);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  });

  it('takes endpoint and token from the environment', async () => {
    vi.stubEnv('HF_ENDPOINT', `${endpoint}/`);
    vi.stubEnv('HF_TOKEN', 'secret');
    await pullBackbone('resnet18.a1_in1k', { cacheDir });
    expect(server.log).toEqual([`GET ${RESOLVE} bytes=0-0 Bearer secret`, `GET ${RESOLVE} Bearer secret`]);
  });

  it('asks nothing the second time', async () => {
    const { path } = await pull();
    server.log.length = 0;
    expect(await pull()).toMatchObject({ path, fromCache: true });
    expect(server.log).toEqual([]);
  });

  it('asks again for a refresh, but does not fetch what it has', async () => {
    const { path } = await pull();
    server.log.length = 0;
    expect(await pull({ refresh: true })).toMatchObject({ path, fromCache: true });
    expect(server.log).toEqual([`GET ${RESOLVE} bytes=0-0`]);
  });

  it('fetches again what was damaged in the cache', async () => {
    const { path } = await pull();
    await writeFile(path, weights.slice().fill(0, 1000));
    expect(await pull()).toMatchObject({ path, fromCache: false });
    expect(Buffer.compare(await readFile(path), weights)).toBe(0);
  });

  it('keeps revisions apart', async () => {
    await pull();
    server.handler = refuse(404, 'RevisionNotFound');
    const error = await failure(pull({ revision: 'v/2' }));
    expect(error.message).toMatch(/no revision v\/2/);
    expect(server.log.at(-1)).toBe('GET /timm/resnet18.a1_in1k/resolve/v%2F2/model.safetensors bytes=0-0');
  });

  it('asks for the SHA-256 where a redirect hides it, and gives the token to nobody else', async () => {
    const elsewhere = new Loopback();
    elsewhere.handler = storage;
    const storageUrl = await elsewhere.listen();
    server.handler = (request, response) => {
      if (request.method === 'POST') {
        response.writeHead(200, { 'content-type': 'application/json' }).end(
          JSON.stringify([
            {
              path: 'model.safetensors',
              type: 'file',
              size: weights.length,
              lfs: { oid: sha256, size: weights.length },
            },
          ]),
        );
      } else {
        response
          .writeHead(302, { location: `${storageUrl}/blob?signed=1`, 'x-linked-etag': `"${sha256}"` })
          .end();
      }
    };
    const { path } = await pull({ token: 'hf_secret' });
    expect(Buffer.compare(await readFile(path), weights)).toBe(0);
    expect(server.log).toEqual([
      `GET ${RESOLVE} bytes=0-0 Bearer hf_secret`,
      'POST /api/models/timm/resnet18.a1_in1k/paths-info/main Bearer hf_secret',
      `GET ${RESOLVE} Bearer hf_secret`,
    ]);
    expect(elsewhere.log).toEqual(['GET /blob?signed=1 bytes=0-0', 'GET /blob?signed=1']);
    await elsewhere.close();
  });

  it('reads the answer of the hub about a file in Xet storage, and fetches it over plain HTTP', async () => {
    server.handler = (request, response) => {
      if (!request.headers.accept?.includes('application/vnd.xet-fileinfo+json'))
        return hub(request, response);
      const link = (path: string, rel: string) => `<${endpoint}${path}>; rel="${rel}"`;
      response
        .writeHead(200, {
          'content-type': 'application/vnd.xet-fileinfo+json',
          'x-linked-size': weights.length,
          'x-linked-etag': `"${sha256}"`,
          'x-xet-hash': 'ab'.repeat(32),
          link: [link('/auth', 'xet-auth'), link('/reconstruction', 'xet-reconstruction-info')].join(', '),
        })
        .end('{}');
    };
    expect((await pull()).sha256).toBe(sha256);
    expect(server.log).toEqual([`GET ${RESOLVE} bytes=0-0`, `GET ${RESOLVE}`]);
  });

  it.each([
    [404, 'RepoNotFound', /no repository timm\/resnet18.a1_in1k/, false],
    [404, 'EntryNotFound', /has no file model.safetensors/, false],
    [401, 'RepoNotFound', /does not exist .* or is private .* set HF_TOKEN/, false],
    [403, 'GatedRepo', /gated: accept its terms/, false],
    [429, undefined, /status 429/, true],
    [503, undefined, /status 503/, true],
  ])('says what status %i (%s) means', async (status, code, message, retryable) => {
    server.handler = refuse(status, code);
    const error = await failure(pull());
    expect(error.message).toMatch(message);
    expect(error.message).toContain(`${endpoint}${RESOLVE} by hand and pass it with --weights FILE`);
    expect(error.retryable).toBe(retryable);
    expect(await weightFiles()).toEqual([]);
  });

  it('never puts the token into an error', async () => {
    server.handler = refuse(401);
    const error = await failure(pull({ token: 'hf_secret' }));
    expect(error.message).toContain('the token that was given');
    expect(JSON.stringify([error.message, error.details, error.stack, error.cause])).not.toContain(
      'hf_secret',
    );
  });

  it('says that there is no network', async () => {
    await server.close();
    const error = await failure(pull());
    expect(error.message).toMatch(
      /no answer from http:\/\/127.0.0.1:\d+ \(ECONNREFUSED\).*HF_ENDPOINT.*--weights FILE/,
    );
    expect(error.retryable).toBe(true);
    server = new Loopback();
    await server.listen();
  });

  it('keeps nothing whose hash is wrong', async () => {
    server.handler = (request, response) => {
      response.setHeader('x-linked-etag', `"${'0'.repeat(64)}"`);
      storage(request, response);
    };
    const error = await failure(pull());
    expect(error.details).toMatchObject({ expected: '0'.repeat(64), found: sha256 });
    expect(await weightFiles()).toEqual([]);
  });

  it('does not take a file without a SHA-256', async () => {
    server.handler = (request, response) => {
      if (request.method === 'POST')
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .end('[{"path":"model.safetensors","size":3}]');
      else storage(request, response);
    };
    expect((await failure(pull())).message).toMatch(/does not give the size .* and the SHA-256/);
  });

  it('goes on where a connection was cut', async () => {
    let cuts = 0;
    server.handler = (request, response) => {
      const start = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
      if (request.headers.range === 'bytes=0-0' || cuts === 2) return hub(request, response);
      cuts += 1;
      response.writeHead(start ? 206 : 200, { 'content-length': weights.length - start });
      response.write(weights.subarray(start, start + 100_000), () =>
        setTimeout(() => response.destroy(), 100),
      );
    };
    const { path } = await pull();
    expect(Buffer.compare(await readFile(path), weights)).toBe(0);
    const ranges = server.log.map((line) => Number(/bytes=(\d+)-\d/.exec(line)?.[1] ?? 0)).slice(2);
    expect(ranges).toHaveLength(2);
    expect(ranges[0]).toBeGreaterThan(0);
    expect(ranges[1]).toBeGreaterThan(ranges[0] as number);
  });

  it('begins again when the rest of a file cannot be asked for', async () => {
    let cut = false;
    server.handler = (request, response) => {
      if (request.headers.range === 'bytes=0-0') return hub(request, response);
      request.headers.range = undefined;
      if (cut) return storage(request, response);
      cut = true;
      response.writeHead(200, { 'content-length': weights.length });
      response.write(weights.subarray(0, 100_000), () => response.destroy());
    };
    const { path } = await pull();
    expect(Buffer.compare(await readFile(path), weights)).toBe(0);
  });

  it('gives up when the connection is cut again and again, and keeps nothing', async () => {
    server.handler = (request, response) => {
      if (request.headers.range === 'bytes=0-0') return hub(request, response);
      response.destroy();
    };
    const error = await failure(pull());
    expect(error.retryable).toBe(true);
    expect(error.message).toContain('--weights FILE');
    expect(server.log).toHaveLength(5);
    expect(await weightFiles()).toEqual([]);
  });

  it('stops when aborted, and keeps nothing', async () => {
    const controller = new AbortController();
    const aborted = pull({
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('enough')),
    });
    await expect(aborted).rejects.toThrow('enough');
    expect(await weightFiles()).toEqual([]);
    await expect(pull({ signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
  });

  it('two at a time leave one whole file', async () => {
    const [first, second] = await Promise.all([pull(), pull()]);
    expect(first?.path).toBe(second?.path);
    expect(await weightFiles()).toHaveLength(1);
    expect(Buffer.compare(await readFile(first.path), weights)).toBe(0);
  });

  it.each(['../../etc/passwd', 'a/b/c', '', 'a b', 'x..y', 'resnet18?x'])(
    'refuses the name %j',
    async (name) => {
      await expect(pullBackbone(name, { endpoint, cacheDir })).rejects.toBeInstanceOf(ConfigurationError);
      expect(server.log).toEqual([]);
    },
  );

  it.each(['huggingface.co', 'file:///etc', 'https://user:secret@host'])(
    'refuses the endpoint %j',
    async (bad) => {
      await expect(pull({ endpoint: bad })).rejects.toBeInstanceOf(ConfigurationError);
    },
  );

  it('keeps its files below one folder per repository', async () => {
    const { path } = await pull();
    expect((await readdir(dirname(path))).sort()).toEqual(
      [`${sha256}.safetensors`, 'revision-main.json'].sort(),
    );
  });
});

describe('downloadTo', () => {
  const target = { endpoint: 'http://127.0.0.1', repository: 'a/b', revision: 'main', file: 'c' };

  it.skipIf(process.platform !== 'linux')(
    'passes on that the disk is full (needs /dev/full, so Linux only)',
    async () => {
      const full = await open('/dev/full', 'w');
      const failed = downloadTo(full, new Blob([weights.slice()]), target, new HubRequests(target, {}));
      const error = storageError(await failed.catch((reason) => reason), 'c');
      expect(error).toMatchObject({ code: 'storage-full' });
      await full.close();
    },
  );

  it('refuses more bytes than were declared', async () => {
    const path = join(cacheDir, 'x');
    const file = await open(path, 'w');
    const blob = new Blob([weights.slice()]);
    Object.defineProperty(blob, 'size', { value: 1000 });
    await expect(
      downloadTo(
        file,
        Object.assign(blob, { slice: () => new Blob([weights.slice()]) }),
        target,
        new HubRequests(target, {}),
      ),
    ).rejects.toThrow(/more than the 1000 bytes/);
    await file.close();
  });
});
