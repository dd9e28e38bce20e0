import { execFile } from 'node:child_process';
import { mkdtemp, rm, utimes } from 'node:fs/promises';
import { get } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { writeFolderBundle } from '@cflow/detector/node';
import { makeBundle } from '@cflow/detector/testing';
import { folderObjectStore } from '@cflow/store/node';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { testPng } from '../testing/test-service.js';
import { readServiceEnvironment } from './service-configuration.js';
import { type Service, startService } from './start-service.js';

const VERSION = (createRequire(import.meta.url)('../../package.json') as { version: string }).version;
const ending: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cflow-service-'));
  ending.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The service on a folder, without training. */
async function start(variables: Readonly<Record<string, string>> = {}): Promise<Service> {
  const folder = variables.CFLOW_STORE ?? (await temporaryFolder());
  const environment = readServiceEnvironment({
    PORT: '0',
    CFLOW_STORE: folder,
    CFLOW_TRAIN: 'off',
    CFLOW_LOG_LEVEL: 'silent',
    CFLOW_DEVICE: 'cpu',
    ...variables,
  });
  const service = await startService({ environment, version: VERSION });
  ending.push(() => service.close());
  await service.ready;
  return service;
}

it('keeps callers without keys to their rate by their address, behind a proxy too', async () => {
  const statuses = async (service: Service, clients: string[]): Promise<number[]> => {
    const found: number[] = [];
    for (const client of clients) {
      const init = { method: 'POST', headers: { 'content-type': 'image/png', 'x-forwarded-for': client } };
      const path = '/v1/detectors/nothing/predict';
      const response = await fetch(`${service.url}${path}`, { ...init, body: new Uint8Array(8) });
      await response.arrayBuffer();
      found.push(response.status);
    }
    return found;
  };
  const clients = ['203.0.113.1', '203.0.113.1', '203.0.113.2', '203.0.113.2, 203.0.113.3'];
  const rate = { CFLOW_RATE: '0.001:1' };
  expect(await statuses(await start(rate), clients)).toEqual([404, 429, 429, 429]);
  const proxied = await start({ ...rate, CFLOW_TRUST_PROXY: 'true' });
  expect(await statuses(proxied, clients)).toEqual([404, 429, 404, 404]);
});

it('means its only bundle by /invocations, as under SageMaker', async () => {
  const bundle = join(await temporaryFolder(), 'model');
  await writeFolderBundle(bundle, await makeBundle({ name: 'wood' }));
  const service = await start({ CFLOW_BUNDLES: bundle });
  const response = await fetch(`${service.url}/invocations`, {
    method: 'POST',
    headers: { 'content-type': 'image/png' },
    body: await testPng(),
  });
  expect([response.status, await response.json()]).toMatchObject([
    200,
    { predictions: [{ detector: { name: 'wood' } }] },
  ]);
});

describe('a page whose name was made to lead here', () => {
  const statusOf = (service: Service, host: string, path = '/v1/detectors'): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      get(`${service.url}${path}`, { headers: { host } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).on('error', reject);
    });
  const anonymous = { CFLOW_ANONYMOUS: 'true' };

  it('is not answered, also where anybody may ask, unless its name is allowed', async () => {
    for (const environment of [{}, anonymous]) {
      const service = await start(environment);
      expect(await statusOf(service, 'rebound.example')).toBe(403);
      expect(await statusOf(service, new URL(service.url).host)).toBe(200);
      const named = await start({ ...environment, CFLOW_ALLOWED_HOSTS: 'own.example, *.below.example' });
      expect(await statusOf(named, 'own.example:8080')).toBe(200);
      expect(await statusOf(named, 'a.below.example')).toBe(200);
      expect(await statusOf(named, 'rebound.example')).toBe(403);
    }
    // Addresses cannot be made to lead here; a service for this machine has others all the same.
    expect(await statusOf(await start(anonymous), '192.0.2.1')).toBe(200);
    expect(await statusOf(await start(), '192.0.2.1')).toBe(403);
    expect(await statusOf(await start({ ...anonymous, CFLOW_ALLOWED_HOSTS: '*' }), 'any.example')).toBe(200);
  });

  it('learns of the health of the service at most, whose probes have names of their own', async () => {
    const service = await start({
      ...anonymous,
      AIP_HEALTH_ROUTE: '/of-vertex',
      AIP_PREDICT_ROUTE: '/predict-of-vertex',
    });
    for (const path of ['/livez', '/readyz', '/ping', '/v2/health/ready', '/of-vertex']) {
      expect([path, await statusOf(service, 'probe.internal', path)]).toEqual([path, 200]);
    }
    for (const path of ['/', '/metrics', '/openapi.json', '/v1/jobs', '/v2']) {
      expect([path, await statusOf(service, 'probe.internal', path)]).toEqual([path, 403]);
    }
  });

  it('is told apart by a list of names that can work', () => {
    expect(() => readServiceEnvironment({ CFLOW_ALLOWED_HOSTS: 'https://a.example' })).toThrow(
      /CFLOW_ALLOWED_HOSTS.*"https:\/\/a.example" is not a host/,
    );
  });
});

it('reads past what Kubernetes says of a service called cflow, and not past what is misspelt', () => {
  const links = {
    CFLOW_SERVICE_HOST: '10.0.0.1',
    CFLOW_SERVICE_PORT: '80',
    CFLOW_SERVICE_PORT_HTTP: '80',
    CFLOW_PORT: 'tcp://10.0.0.1:80',
    CFLOW_PORT_80_TCP: 'tcp://10.0.0.1:80',
    CFLOW_PORT_80_TCP_ADDR: '10.0.0.1',
    CFLOW_DATABASE_SERVICE_HOST: '10.0.0.2',
    CFLOW_DATABASE_PORT_5432_TCP_PROTO: 'tcp',
  };
  expect(() => readServiceEnvironment(links)).not.toThrow();
  // Training reads it.
  expect(() => readServiceEnvironment({ CFLOW_BACKBONE: 'embedded' })).not.toThrow();
  expect(() => readServiceEnvironment({ CFLOW_API_KEY: '[]' })).toThrow(/CFLOW_API_KEY: there is no such/);
});

it('removes what an upload left behind whose service died', async () => {
  const folder = await temporaryFolder();
  const objects = folderObjectStore(folder);
  for (const name of ['old', 'new']) await objects.put(`uploads/${name}.zip`, Uint8Array.of(1));
  const twoDaysAgo = Date.now() / 1000 - 2 * 86_400;
  await utimes((await objects.path?.('uploads/old.zip')) as string, twoDaysAgo, twoDaysAgo);
  await start({ CFLOW_STORE: folder });
  await vi.waitFor(async () =>
    expect((await objects.list('uploads/', { limit: 9 })).map(({ key }) => key)).toEqual(['uploads/new.zip']),
  );
});

it('serves the description that is published with the package', async () => {
  const script = fileURLToPath(new URL('print-open-api.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', script], {
    maxBuffer: 2 ** 24,
  });
  const service = await start();
  const served = await (await fetch(`${service.url}/openapi.json`)).json();
  expect(JSON.parse(stdout)).toEqual(served);
  expect(Object.keys((served as { paths: object }).paths)).toEqual(
    expect.arrayContaining(['/v1/predict', '/v2/models/{model}/infer', '/ping', '/invocations', '/metrics']),
  );
});

it('refuses a job whose end it could not tell to the webhook that it names', async () => {
  const service = await start({ CFLOW_TRAIN: 'here' });
  const response = await fetch(`${service.url}/v1/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      name: 'wood',
      dataSet: { path: 'data-sets/wood.zip' },
      webhook: { url: 'https://example.com/told' },
    }),
  });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    code: 'invalid-request',
    detail: expect.stringMatching(/^webhook: .*secret/),
  });
});
