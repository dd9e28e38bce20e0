import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeFolderBundle } from '@cflow/detector/node';
import { makeBundle } from '@cflow/detector/testing';
import type { DeviceCandidate } from '@cflow/runtime';
import { nodeDevices } from '@cflow/runtime/node';
import { DeviceError } from '@cflow/spec';
import { afterEach, describe, expect, it } from 'vitest';
import { readServiceEnvironment } from './service-configuration.js';
import { type Service, startService } from './start-service.js';

const OLD = 'the NVIDIA driver is too old: it is 535.129.03 and must be 580 or newer for CUDA 13';
const ending: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

async function start(
  devices: readonly DeviceCandidate[],
  variables: Record<string, string> = {},
): Promise<Service> {
  const folder = await mkdtemp(join(tmpdir(), 'cflow-device-'));
  ending.push(() => rm(folder, { recursive: true, force: true }));
  const environment = readServiceEnvironment({
    PORT: '0',
    CFLOW_STORE: join(folder, 'store'),
    CFLOW_TRAIN: 'off',
    CFLOW_LOG_LEVEL: 'silent',
    CFLOW_DEVICE: 'cuda',
    ...variables,
  });
  const service = await startService({ environment, version: '0.0.0', devices });
  ending.push(() => service.close());
  return service;
}

async function readiness({ url }: Service): Promise<[number, string]> {
  const response = await fetch(`${url}/readyz`);
  return [response.status, await response.text()];
}

/** The CPU as a card, or what is left of one. */
async function card(changed: Partial<DeviceCandidate>): Promise<DeviceCandidate> {
  const cpu = (await nodeDevices({ threads: 1 })).find(({ device }) => device === 'cpu') as DeviceCandidate;
  return { ...cpu, device: 'cuda', description: 'a card', ...changed };
}

describe('a service that was told to run on a card', () => {
  it('is not ready where the card cannot be used, lives, and says why in one line', async () => {
    const service = await start([await card({ unavailable: async () => OLD })]);
    await expect(service.ready).rejects.toThrow(DeviceError);
    const [status, text] = await readiness(service);
    expect(status).toBe(503);
    expect(text).toContain(`the device cuda cannot be used: ${OLD}`);
    expect((await fetch(`${service.url}/livez`)).status).toBe(200);
  });

  it('tries the card where there is no detector to try it with', async () => {
    const broken = await card({
      createRuntime: () => Promise.reject(new Error('CUDA failure 999: unknown error')),
    });
    const service = await start([broken]);
    await expect(service.ready).rejects.toThrow(/CUDA failure/);
    expect((await readiness(service))[1]).toMatch(/the device cuda cannot be used: CUDA failure/);
    const well = await start([await card({})]);
    await well.ready;
    expect((await readiness(well))[0]).toBe(200);
  });

  it('does not take the CPU instead, whatever the store holds', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cflow-device-'));
    ending.push(() => rm(folder, { recursive: true, force: true }));
    await writeFolderBundle(join(folder, 'wood'), await makeBundle({ name: 'wood' }));
    const [cpu] = (await nodeDevices({ threads: 1 })).filter(({ device }) => device === 'cpu');
    const devices = [await card({ unavailable: async () => OLD }), cpu as DeviceCandidate];
    const service = await start(devices, { CFLOW_BUNDLES: join(folder, 'wood') });
    await expect(service.ready).rejects.toThrow(OLD);
    expect((await readiness(service))[0]).toBe(503);
    // Where nothing was named, what there is will do.
    const any = await start(devices, { CFLOW_BUNDLES: join(folder, 'wood'), CFLOW_DEVICE: 'auto' });
    await any.ready;
    expect((await readiness(any))[0]).toBe(200);
  });
});
