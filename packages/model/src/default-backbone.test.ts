import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_BACKBONE } from '@cflow/spec';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultBackbone, OFFLINE_BACKBONE } from './default-backbone.js';

let cacheDir: string;
let server: Server;
let index: string;
let requests: string[];
let answer: 'nothing' | 'refusal';

beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'cflow-default-'));
  requests = [];
  answer = 'nothing';
  server = createServer((request, response) => {
    requests.push(request.url ?? '');
    if (answer === 'refusal') response.writeHead(404).end();
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.on('listening', resolve));
  index = `http://127.0.0.1:${(server.address() as AddressInfo).port}/simple`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(cacheDir, { recursive: true, force: true });
});

describe('defaultBackbone', () => {
  it('takes the one that the environment names, without asking anybody', async () => {
    const environment = { CFLOW_BACKBONE: 'resnet18' };
    expect(await defaultBackbone({ cacheDir, index, environment })).toEqual({ name: 'resnet18' });
    expect(requests).toEqual([]);
  });

  it('goes on with the embedded one where the index is silent', async () => {
    expect(await defaultBackbone({ cacheDir, index, environment: {}, patienceMs: 1500 })).toEqual({
      name: OFFLINE_BACKBONE,
      fallback: { of: DEFAULT_BACKBONE, reason: 'nothing came for 1.5 seconds' },
    });
    expect(requests.length).toBeGreaterThan(0);
  });

  it('goes on with the embedded one where the package is refused, and says why', async () => {
    answer = 'refusal';
    const { name, fallback } = await defaultBackbone({ cacheDir, index, environment: {} });
    expect(name).toBe(OFFLINE_BACKBONE);
    expect(fallback?.reason).toMatch(/status 404/);
  });

  it('goes on with the embedded one where nobody listens', async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    const { name, fallback } = await defaultBackbone({ cacheDir, index, environment: {} });
    expect(name).toBe(OFFLINE_BACKBONE);
    expect(fallback?.reason).toMatch(/ECONNREFUSED/);
    server = createServer().listen(0);
  });

  it('ends when it is told to', async () => {
    const stop = new AbortController();
    const reason = new Error('told to');
    setTimeout(() => stop.abort(reason), 50);
    await expect(defaultBackbone({ cacheDir, index, environment: {}, signal: stop.signal })).rejects.toBe(
      reason,
    );
  });
});
