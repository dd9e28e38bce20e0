// What the edge cannot score, forwarded to a real service on loopback, or refused.
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeBundle, memoryBundle, testImage } from '@cflow/detector/testing';
import { createApiKey, hashedApiKeys } from '@cflow/predict';
import { readServiceEnvironment, type Service, startService } from '@cflow/predict/node';
import { FORWARDED_HEADER } from '@cflow/predict/workerd';
import type { PredictResponse, Problem } from '@cflow/spec';
import { ObjectRegistry } from '@cflow/store';
import { folderObjectStore } from '@cflow/store/node';
import { encodePng } from '@cflow/visual/node';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWorkerd, type Workerd } from '../support/workerd.js';

const ENTRY = fileURLToPath(new URL('worker.ts', import.meta.url));
/** Leaves nothing for detectors. */
const NO_ROOM = '78';
const PATH = '/v1/detectors/wood/predict';
const ends: (() => Promise<unknown>)[] = [];
let service: Service;
let serviceKey: string;
let png: Uint8Array;
let roomy: Workerd;

const startEdge = async (texts: Readonly<Record<string, string>>): Promise<Workerd> => {
  const all = {
    CFLOW_REGISTRY_URL: service.url,
    CFLOW_REGISTRY_KEY: serviceKey,
    CFLOW_ANONYMOUS: 'true',
    CFLOW_MAX_BODY_MB: '1',
    ...texts,
  };
  const bindings = Object.fromEntries(Object.entries(all).map(([name, text]) => [name, { text }]));
  const worker = await startWorkerd({ entry: ENTRY, bindings });
  ends.push(worker.stop);
  return worker;
};
const post = (
  worker: Workerd,
  path: string,
  body: FormData | Uint8Array | string,
  headers = {},
): Promise<Response> =>
  fetch(worker.url + path, {
    method: 'POST',
    body: body as FormData,
    headers: body instanceof FormData ? headers : { 'content-type': 'image/png', ...headers },
  });
const deviceOf = async (response: Response): Promise<string | undefined> => {
  const text = await response.text();
  expect(response.status, text).toBe(200);
  return (JSON.parse(text) as PredictResponse).predictions[0]?.detector.device;
};

beforeAll(async () => {
  const store = await mkdtemp(join(tmpdir(), 'cflow-edge-'));
  ends.push(() => rm(store, { recursive: true, force: true }));
  const registry = new ObjectRegistry(folderObjectStore(store));
  const version = await registry.stage('wood', memoryBundle(await makeBundle({ name: 'wood' })));
  await registry.publish('wood', version, { alias: 'latest' });
  const { key, sha256 } = await createApiKey();
  serviceKey = key;
  const keys = JSON.stringify([{ name: 'edge', sha256, scopes: ['predict', 'read'] }]);
  const environment = readServiceEnvironment({
    PORT: '0',
    CFLOW_STORE: store,
    CFLOW_DEVICE: 'cpu',
    CFLOW_TRAIN: 'off',
    CFLOW_LOG_LEVEL: 'silent',
    CFLOW_API_KEYS: keys,
  });
  service = await startService({ environment, version: '0.0.0' });
  ends.push(() => service.close());
  await service.ready;
  png = await encodePng(testImage(1, 90, 70));
  roomy = await startEdge({ CFLOW_UPSTREAM_URL: service.url, CFLOW_UPSTREAM_KEY: serviceKey });
});
afterAll(async () => {
  for (const end of ends.reverse()) await end();
});

describe('an edge with room for its detector', () => {
  it('scores itself, with the detector of a service over HTTP, and says nothing of forwarding', async () => {
    const response = await post(roomy, PATH, png);
    expect(response.headers.get(FORWARDED_HEADER)).toBeNull();
    expect(await deviceOf(response)).toBe('wasm');
    expect(await deviceOf(await post(roomy, `${PATH}?device=wasm`, png))).toBe('wasm');
  });

  it('forwards a device that it has not, whether the address or the body names it', async () => {
    const byAddress = await post(roomy, `${PATH}?device=cpu`, png);
    expect(byAddress.headers.get(FORWARDED_HEADER)).toBe('device; device=cpu');
    expect(await deviceOf(byAddress)).toBe('cpu');
    const form = new FormData();
    form.append('image', new Blob([png as Uint8Array<ArrayBuffer>]));
    form.append('options', JSON.stringify({ device: 'cpu' }));
    const byForm = await post(roomy, PATH, form);
    expect(byForm.headers.get(FORWARDED_HEADER)).toBe('device; device=cpu');
    expect(await deviceOf(byForm)).toBe('cpu');
    const images = [{ base64: Buffer.from(png).toString('base64') }];
    const json = JSON.stringify({ images, detectors: ['wood'], device: 'cpu' });
    const byJson = await post(roomy, '/v1/predict', json, { 'content-type': 'application/json' });
    expect(byJson.headers.get(FORWARDED_HEADER)).toBe('device; device=cpu');
    expect(await deviceOf(byJson)).toBe('cpu');
  });

  it('forwards images that it does not decode, or that are too large', async () => {
    const webp = await post(roomy, PATH, await sharp(png).webp().toBuffer());
    expect(webp.headers.get(FORWARDED_HEADER)).toBe('image; reason=unsupported');
    expect(await deviceOf(webp)).toBe('cpu');
    const large = testImage(3, 1600, 1500);
    const picture = sharp(large.data, { raw: { width: 1600, height: 1500, channels: 3 } });
    const pixels = await post(roomy, PATH, await picture.clone().blur(4).jpeg().toBuffer());
    expect(pixels.headers.get(FORWARDED_HEADER)).toBe('image; reason=too-many-pixels');
    expect(await deviceOf(pixels)).toBe('cpu');
    const bytes = await picture.png().toBuffer();
    expect(bytes.length).toBeGreaterThan(1e6);
    const body = await post(roomy, PATH, bytes);
    expect(body.headers.get(FORWARDED_HEADER)).toBe(`body; bytes=${bytes.length}; limit=1000000`);
    expect(await deviceOf(body)).toBe('cpu');
  });

  it('refuses what nobody could score, itself', async () => {
    const bad = await post(roomy, PATH, png.slice(0, 60));
    expect([bad.status, bad.headers.get(FORWARDED_HEADER)]).toEqual([422, null]);
  });

  it('keeps no feedback, and says so', async () => {
    const { predictions } = (await (await post(roomy, PATH, png)).json()) as PredictResponse;
    const path = `/v1/predictions/${predictions[0]?.id}/feedback`;
    const refused = await post(roomy, path, '{"label":"good"}', { 'content-type': 'application/json' });
    expect(refused.status).toBe(501);
    expect(((await refused.json()) as Problem).detail).toMatch(/feedback is not kept here/);
  });
});

describe('an edge whose detector does not fit', () => {
  it('streams the request on with its own key, and the answer back with the reason', async () => {
    const upstream = await recorder();
    const edgeKey = await createApiKey();
    const caller = await createApiKey();
    const keys = [{ name: 'camera', sha256: caller.sha256, scopes: ['predict' as const] }];
    expect(await hashedApiKeys(keys).find(caller.key)).toBeDefined();
    const edge = await startEdge({
      CFLOW_MEMORY_MB: NO_ROOM,
      CFLOW_UPSTREAM_URL: `${upstream.origin}/behind`,
      CFLOW_UPSTREAM_KEY: edgeKey.key,
      CFLOW_API_KEYS: JSON.stringify(keys),
      CFLOW_ANONYMOUS: '',
    });
    const unknown = await post(edge, PATH, png);
    expect([unknown.status, upstream.seen.length]).toEqual([401, 0]);
    const headers = { 'x-api-key': caller.key, cookie: 'a=b', 'x-request-id': 'one-two' };
    const answer = await post(edge, `${PATH}?map=png8`, png, headers);
    expect(answer.status).toBe(418);
    expect(await answer.text()).toBe('{"from":"upstream"}');
    expect(answer.headers.get(FORWARDED_HEADER)).toMatch(/^memory; needed=\d+; limit=0$/);
    expect(answer.headers.get('ratelimit-remaining')).toBe('7');
    expect(answer.headers.get('x-request-id')).toBe('one-two');
    expect(answer.headers.get('set-cookie')).toBeNull();
    const [seen] = upstream.seen;
    expect(seen?.url).toBe(`/behind${PATH}?map=png8`);
    expect(seen?.body).toEqual(Buffer.from(png));
    expect(seen?.headers).toMatchObject({
      authorization: `Bearer ${edgeKey.key}`,
      'content-type': 'image/png',
      'x-request-id': 'one-two',
    });
    expect(seen?.headers['x-api-key']).toBeUndefined();
    expect(seen?.headers.cookie).toBeUndefined();
    // What came from an edge is not sent on by another.
    const looped = await post(edge, PATH, png, { 'x-api-key': caller.key, [FORWARDED_HEADER]: 'memory' });
    expect([looped.status, upstream.seen.length]).toEqual([503, 1]);
    // Nor is the caller told of a key that is not theirs.
    upstream.status = 401;
    const refused = await post(edge, PATH, png, { 'x-api-key': caller.key });
    expect(refused.status).toBe(503);
    expect(((await refused.json()) as Problem).detail).toMatch(/does not take the key of the edge/);
    await upstream.close();
    const gone = await post(edge, PATH, png, { 'x-api-key': caller.key });
    expect([gone.status, ((await gone.json()) as Problem).code]).toEqual([503, 'unavailable']);
    expect(gone.headers.get(FORWARDED_HEADER)).toMatch(/^memory/);
  });

  it('passes the key of the caller on where it has none of its own', async () => {
    const edge = await startEdge({ CFLOW_MEMORY_MB: NO_ROOM, CFLOW_UPSTREAM_URL: service.url });
    const answer = await post(edge, PATH, png, { authorization: `Bearer ${serviceKey}` });
    expect(answer.headers.get(FORWARDED_HEADER)).toMatch(/^memory/);
    expect(await deviceOf(answer)).toBe('cpu');
    const without = await post(edge, PATH, png);
    expect([without.status, without.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="cflow"']);
  });

  it('says how much is missing where there is nobody to forward to', async () => {
    const edge = await startEdge({ CFLOW_MEMORY_MB: NO_ROOM });
    const refused = await post(edge, PATH, png);
    const { code, detail, attempts } = (await refused.json()) as Problem;
    expect([refused.status, code, refused.headers.get('retry-after')]).toEqual([501, 'device', null]);
    expect(detail).toMatch(/need about \d+ MB of memory.*CFLOW_UPSTREAM_URL/);
    expect(attempts?.[0]?.device).toBe('wasm');
  });
});

interface Recorder {
  readonly origin: string;
  readonly seen: { url: string; headers: IncomingHttpHeaders; body: Buffer }[];
  /** Of the next answers. */
  status: number;
  close(): Promise<void>;
}

/** A service that notes what it is asked. */
async function recorder(): Promise<Recorder> {
  const seen: Recorder['seen'] = [];
  const server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    seen.push({ url: request.url as string, headers: request.headers, body: Buffer.concat(chunks) });
    response.writeHead(found.status, {
      'content-type': 'application/json',
      'ratelimit-remaining': '7',
      'set-cookie': 'c=d',
    });
    response.end('{"from":"upstream"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const found: Recorder = {
    origin: `http://127.0.0.1:${port}`,
    seen,
    status: 418,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return found;
}
