// A Worker whose detectors were deployed with it, and one that was not configured.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeBundle, testImage } from '@cflow/detector/testing';
import type { PredictResponse, Problem, VersionPage } from '@cflow/spec';
import { encodePng } from '@cflow/visual/node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startWorkerd, type Workerd } from '../support/workerd.js';

const ENTRY = fileURLToPath(new URL('worker.ts', import.meta.url));
let folder: string;
let worker: Workerd;
let bundle: Map<string, Uint8Array>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cflow-assets-'));
  bundle = await makeBundle({ name: 'wood' });
  await mkdir(join(folder, 'bundles', 'wood'), { recursive: true });
  for (const [name, bytes] of bundle) await writeFile(join(folder, 'bundles', 'wood', name), bytes);
  worker = await startWorkerd({
    entry: ENTRY,
    bindings: {
      ASSETS: { folder },
      CFLOW_DETECTORS: { text: 'wood, missing' },
      CFLOW_ASSETS_PATH: { text: '/bundles/' },
      CFLOW_ANONYMOUS: { text: 'true' },
      CFLOW_ALLOWED_HOSTS: { text: '*.example.workers.dev' },
    },
  });
});
afterAll(async () => {
  await worker?.stop();
  await rm(folder, { recursive: true, force: true });
});

const predict = async (detector: string): Promise<Response> =>
  fetch(`${worker.url}/v1/detectors/${detector}/predict`, {
    method: 'POST',
    headers: { 'content-type': 'image/png' },
    body: await encodePng(testImage(1, 80, 60)),
  });

it('scores with a bundle of the assets', async () => {
  const response = await predict('wood');
  const text = await response.text();
  expect(response.status, text).toBe(200);
  expect((JSON.parse(text) as PredictResponse).predictions[0]?.detector.device).toBe('wasm');
  const { versions } = (await (
    await fetch(`${worker.url}/v1/detectors/wood/versions`)
  ).json()) as VersionPage;
  const version = versions[0]?.version as string;
  expect(versions).toHaveLength(1);
  expect((await predict(`wood@${version.slice(0, 10)}`)).status).toBe(200);
  expect((await predict('wood@stable')).status).toBe(404);
  expect((await predict('wood@00000000')).status).toBe(404);
  expect((await predict('steel')).status).toBe(404);
});

it('says that a bundle was not deployed whole', async () => {
  const missing = await predict('missing');
  expect([missing.status, ((await missing.json()) as Problem).code]).toEqual([503, 'bundle']);
});

it('answers to names of its own only, where it has no keys', async () => {
  const statusAs = (host: string, path = '/openapi.json'): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      get(worker.url + path, { headers: { host } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).on('error', reject);
    });
  expect(await statusAs('rebound.example')).toBe(403);
  expect(await statusAs('rebound.example', '/livez')).toBe(200);
  expect(await statusAs('edge.example.workers.dev')).toBe(200);
  expect(await statusAs('localhost:8787')).toBe(200);
});

it('gives whole files and parts of them', async () => {
  const url = `${worker.url}/v1/detectors/wood/versions/latest/files/decoders.safetensors`;
  const file = bundle.get('decoders.safetensors') as Uint8Array;
  expect(new Uint8Array(await (await fetch(url)).arrayBuffer())).toEqual(file);
  const part = await fetch(url, { headers: { range: 'bytes=10-19' } });
  expect([part.status, new Uint8Array(await part.arrayBuffer())]).toEqual([206, file.slice(10, 20)]);
});

it('publishes nothing, and says so', async () => {
  const form = new FormData();
  for (const [name, bytes] of bundle) form.append('file', new Blob([bytes as Uint8Array<ArrayBuffer>]), name);
  const refused = await fetch(`${worker.url}/v1/detectors/wood/versions`, { method: 'POST', body: form });
  expect(refused.status).toBe(501);
  expect(((await refused.json()) as Problem).detail).toMatch(/nothing can be published.*only reads/);
});

it('answers that it is not configured, and tells its log why', async () => {
  const bare = await startWorkerd({
    entry: ENTRY,
    bindings: { CFLOW_API_KEY: { text: 'misspelt' }, CFLOW_RATE: { text: 'often' } },
  });
  try {
    const response = await fetch(`${bare.url}/livez`);
    expect([response.status, ((await response.json()) as Problem).code]).toEqual([503, 'not-ready']);
    await expect.poll(() => bare.said()).toContain('CFLOW_API_KEY: there is no such variable');
    expect(bare.said()).toMatch(/CFLOW_RATE: expected requests per second/);
    expect(bare.said()).toMatch(/it has no keys/);
  } finally {
    await bare.stop();
  }
});
