import { readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ConfigurationError } from '@cflow/spec';
import { describe, expect, it, vi } from 'vitest';
import {
  failure,
  hub,
  hubForEachTest,
  RESOLVE,
  refuse,
  ScriptedHub,
  sha256,
  storage,
  values,
  weights,
} from '../testing/scripted-hub.js';
import { pullBackbone } from './hub.js';
import { readSafetensors } from './safetensors.js';

const place = hubForEachTest();

describe('pullBackbone', () => {
  it('fetches the weights, checks them, and tells how far it is', async () => {
    const seen: number[] = [];
    const pulled = await place.pull({ onProgress: ({ received, total }) => seen.push(received / total) });
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
    vi.stubEnv('HF_ENDPOINT', `${place.endpoint}/`);
    vi.stubEnv('HF_TOKEN', 'secret');
    await pullBackbone('resnet18.a1_in1k', { cacheDir: place.cacheDir });
    expect(place.server.log).toEqual([
      `GET ${RESOLVE} bytes=0-0 Bearer secret`,
      `GET ${RESOLVE} Bearer secret`,
    ]);
  });

  it('asks nothing the second time', async () => {
    const { path } = await place.pull();
    place.server.log.length = 0;
    expect(await place.pull()).toMatchObject({ path, fromCache: true });
    expect(place.server.log).toEqual([]);
  });

  it('asks again for a refresh, but does not fetch what it has', async () => {
    const { path } = await place.pull();
    place.server.log.length = 0;
    expect(await place.pull({ refresh: true })).toMatchObject({ path, fromCache: true });
    expect(place.server.log).toEqual([`GET ${RESOLVE} bytes=0-0`]);
  });

  it('fetches again what was damaged in the cache', async () => {
    const { path } = await place.pull();
    await writeFile(path, weights.slice().fill(0, 1000));
    expect(await place.pull()).toMatchObject({ path, fromCache: false });
    expect(Buffer.compare(await readFile(path), weights)).toBe(0);
  });

  it('keeps revisions apart', async () => {
    await place.pull();
    place.server.handler = refuse(404, 'RevisionNotFound');
    const error = await failure(place.pull({ revision: 'v/2' }));
    expect(error.message).toMatch(/no revision v\/2/);
    expect(place.server.log.at(-1)).toBe(
      'GET /timm/resnet18.a1_in1k/resolve/v%2F2/model.safetensors bytes=0-0',
    );
  });

  it('asks for the SHA-256 where a redirect hides it, and gives the token to nobody else', async () => {
    const elsewhere = new ScriptedHub();
    elsewhere.handler = storage;
    const storageUrl = await elsewhere.listen();
    place.server.handler = (request, response) => {
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
    const { path } = await place.pull({ token: 'hf_secret' });
    expect(Buffer.compare(await readFile(path), weights)).toBe(0);
    expect(place.server.log).toEqual([
      `GET ${RESOLVE} bytes=0-0 Bearer hf_secret`,
      'POST /api/models/timm/resnet18.a1_in1k/paths-info/main Bearer hf_secret',
      `GET ${RESOLVE} Bearer hf_secret`,
    ]);
    expect(elsewhere.log).toEqual(['GET /blob?signed=1 bytes=0-0', 'GET /blob?signed=1']);
    await elsewhere.close();
  });

  it('reads the answer of the hub about a file in Xet storage, and fetches it over plain HTTP', async () => {
    place.server.handler = (request, response) => {
      if (!request.headers.accept?.includes('application/vnd.xet-fileinfo+json'))
        return hub(request, response);
      const link = (path: string, rel: string) => `<${place.endpoint}${path}>; rel="${rel}"`;
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
    expect((await place.pull()).sha256).toBe(sha256);
    expect(place.server.log).toEqual([`GET ${RESOLVE} bytes=0-0`, `GET ${RESOLVE}`]);
  });

  it.each([
    [404, 'RepoNotFound', /no repository timm\/resnet18.a1_in1k/, false],
    [404, 'EntryNotFound', /has no file model.safetensors/, false],
    [401, 'RepoNotFound', /does not exist .* or is private .* set HF_TOKEN/, false],
    [403, 'GatedRepo', /gated: accept its terms/, false],
    [429, undefined, /status 429/, true],
    [503, undefined, /status 503/, true],
  ])('says what status %i (%s) means', async (status, code, message, retryable) => {
    place.server.handler = refuse(status, code);
    const error = await failure(place.pull());
    expect(error.message).toMatch(message);
    expect(error.message).toContain(`${place.endpoint}${RESOLVE} by hand and give the file as weights`);
    expect(error.retryable).toBe(retryable);
    expect(await place.weightFiles()).toEqual([]);
  });

  it('never puts the token into an error', async () => {
    place.server.handler = refuse(401);
    const error = await failure(place.pull({ token: 'hf_secret' }));
    expect(error.message).toContain('the token that was given');
    expect(JSON.stringify([error.message, error.details, error.stack, error.cause])).not.toContain(
      'hf_secret',
    );
  });

  it('says that there is no network', async () => {
    await place.server.close();
    const error = await failure(place.pull());
    expect(error.message).toMatch(
      /no answer from http:\/\/127.0.0.1:\d+ \(ECONNREFUSED\).*HF_ENDPOINT.*give the file as weights/,
    );
    expect(error.retryable).toBe(true);
    place.server = new ScriptedHub();
    await place.server.listen();
  });

  it('keeps nothing whose hash is wrong', async () => {
    place.server.handler = (request, response) => {
      response.setHeader('x-linked-etag', `"${'0'.repeat(64)}"`);
      storage(request, response);
    };
    const error = await failure(place.pull());
    expect(error.details).toMatchObject({ expected: '0'.repeat(64), found: sha256 });
    expect(await place.weightFiles()).toEqual([]);
  });

  it('does not take a file without a SHA-256', async () => {
    place.server.handler = (request, response) => {
      if (request.method === 'POST')
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .end('[{"path":"model.safetensors","size":3}]');
      else storage(request, response);
    };
    expect((await failure(place.pull())).message).toMatch(/does not give the size .* and the SHA-256/);
  });

  it('two at a time leave one whole file', async () => {
    const [first, second] = await Promise.all([place.pull(), place.pull()]);
    expect(first?.path).toBe(second?.path);
    expect(await place.weightFiles()).toHaveLength(1);
    expect(Buffer.compare(await readFile(first.path), weights)).toBe(0);
  });

  it.each(['../../etc/passwd', 'a/b/c', '', 'a b', 'x..y', 'resnet18?x'])(
    'refuses the name %j',
    async (name) => {
      await expect(pullBackbone(name, place)).rejects.toBeInstanceOf(ConfigurationError);
      expect(place.server.log).toEqual([]);
    },
  );

  it.each(['huggingface.co', 'file:///etc', 'https://user:secret@host'])(
    'refuses the endpoint %j',
    async (bad) => {
      await expect(place.pull({ endpoint: bad })).rejects.toBeInstanceOf(ConfigurationError);
    },
  );

  it('keeps its files below one folder per repository', async () => {
    const { path } = await place.pull();
    expect((await readdir(dirname(path))).sort()).toEqual(
      [`${sha256}.safetensors`, 'revision-main.json'].sort(),
    );
  });
});
