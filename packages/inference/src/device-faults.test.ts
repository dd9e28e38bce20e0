import { makeBundle, testImage } from '@cflow/detector/testing';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { InferenceObserver } from './observer.js';
import { type FailingDevice, failingDevice } from './testing/failing-device.js';
import { inferenceForEachTest } from './testing/inference-for-each-test.js';
import { MemoryRegistry } from './testing/memory-registry.js';
import { request } from './testing/requests.js';

const LOST =
  "Non-zero status code returned while running MemcpyToHost node. Name:'Memcpy_1' Status Message: CUDA failure 700: an illegal memory access was encountered ; GPU=0 ; hostname=h ; file=f.cc ; line=63 ; expr=cudaStreamSynchronize(s)";
const NO_MEMORY =
  "Non-zero status code returned while running Conv node. Name:'Conv_1' Status Message: bfc_arena.cc:376 Failed to allocate memory for requested buffer of size 2830172160";

const bundles: Record<string, Map<string, Uint8Array>> = {};
const registry = new MemoryRegistry();
const start = inferenceForEachTest();
let device: FailingDevice;

beforeAll(async () => {
  for (const [seed, name] of ['wood', 'steel'].entries()) {
    bundles[name] = await makeBundle({ name, seed });
    registry.add(name, bundles[name], 'latest');
  }
});
beforeEach(() => {
  device = failingDevice(bundles);
});

const pixels = (seed: number) => ({ pixels: testImage(seed) });
const outcome = (work: Promise<unknown>) => work.catch((error: unknown) => error);

describe('a device that is lost to the process', () => {
  it('is not tried again in it: all that was accepted may be tried elsewhere, and it says so', async () => {
    const deviceLost = vi.fn<NonNullable<InferenceObserver['deviceLost']>>();
    const service = start(registry, { devices: device.devices, observer: { deviceLost } });
    await service.predict(request([pixels(1)], ['wood']));
    expect(service.status().health.state).toBe('well');
    device.outcome = ({ kind }) => (kind === 'run' ? new Error(LOST) : undefined);
    const accepted = Array.from({ length: 8 }, (_, i) =>
      outcome(service.predict(request([pixels(i), pixels(i + 1)], ['wood']))),
    );
    for (const error of await Promise.all(accepted)) {
      expect(error).toMatchObject({ code: expect.stringMatching(/unavailable|device/), retryable: true });
    }
    expect(service.status().health).toMatchObject({ state: 'lost', detail: expect.stringMatching(/cpu/) });
    expect(deviceLost).toHaveBeenCalledTimes(1);
    expect(device.runtimes).toBe(1);
  });

  it('and never worked, is one that cannot be used, and the next one is tried', async () => {
    const healthy = failingDevice(bundles);
    device.outcome = ({ kind }) => (kind === 'run' ? new Error(LOST) : undefined);
    const devices = [
      ...device.devices,
      { ...healthy.devices[0], device: 'webgpu' as const },
    ] as typeof device.devices;
    const service = start(registry, { device: 'auto', devices });
    const [result] = await service.predict(request([pixels(1)], ['wood']));
    expect(result?.detector.device).toBe('webgpu');
    expect(service.status().health.state).toBe('well');
  });
});

describe('memory that does not suffice', () => {
  it('makes batches smaller until they fit', async () => {
    const sizes: number[] = [];
    const service = start(registry, {
      devices: device.devices,
      maxWaitMs: 20,
      observer: { batch: ({ images }) => sizes.push(images) },
    });
    const [expected] = await service.predict(request([pixels(1)], ['wood']));
    device.outcome = ({ kind, images }) => (kind === 'run' && images > 1 ? new Error(NO_MEMORY) : undefined);
    sizes.length = 0;
    const results = await service.predict(request(Array(4).fill(pixels(1)), ['wood']));
    for (const { score } of results) expect(score).toBeCloseTo(expected?.score as number, 6);
    expect(sizes).toEqual([1, 1, 1, 1]);
    expect(service.status().health.state).toBe('well');
  });

  it('makes the detector go that was used least, and ends in an error that may pass when none can', async () => {
    const evicted: string[] = [];
    const service = start(registry, {
      devices: device.devices,
      observer: { evicted: ({ name }) => evicted.push(name) },
    });
    await service.predict(request([pixels(1)], ['steel']));
    await service.predict(request([pixels(1)], ['wood']));
    device.outcome = ({ kind }) =>
      kind === 'run' && evicted.length === 0 ? new Error(NO_MEMORY) : undefined;
    await expect(service.predict(request([pixels(1)], ['wood']))).resolves.toHaveLength(1);
    expect(evicted).toEqual(['steel']);
    device.outcome = ({ kind }) => (kind === 'run' ? new Error(NO_MEMORY) : undefined);
    expect(await outcome(service.predict(request([pixels(1)], ['wood'])))).toMatchObject({
      code: 'unavailable',
      retryable: true,
    });
    device.outcome = () => undefined;
    await expect(service.predict(request([pixels(1)], ['wood']))).resolves.toHaveLength(1);
  });

  it('while a detector is opened, makes another go', async () => {
    const evicted: string[] = [];
    const service = start(registry, {
      devices: device.devices,
      observer: { evicted: ({ name }) => evicted.push(name) },
    });
    await service.predict(request([pixels(1)], ['steel']));
    device.outcome = ({ kind }) =>
      kind === 'load' && evicted.length === 0 ? new Error(NO_MEMORY) : undefined;
    await expect(service.predict(request([pixels(1)], ['wood']))).resolves.toHaveLength(1);
    expect(evicted).toEqual(['steel']);
  });
});
