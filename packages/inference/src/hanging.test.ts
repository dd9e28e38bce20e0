import { makeBundle, testImage } from '@cflow/detector/testing';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Inference } from './inference.js';
import type { InferenceObserver } from './observer.js';
import { type FailingDevice, failingDevice } from './testing/failing-device.js';
import { inferenceForEachTest } from './testing/inference-for-each-test.js';
import { MemoryRegistry } from './testing/memory-registry.js';
import { request } from './testing/requests.js';

const bundles: Record<string, Map<string, Uint8Array>> = {};
const registry = new MemoryRegistry();
const start = inferenceForEachTest();
let device: FailingDevice;

beforeAll(async () => {
  // The first two share a backbone.
  for (const [seed, name] of ['good', 'bad', 'other'].entries()) {
    const bundle = await makeBundle({ name, seed, backboneSeed: name === 'other' ? 7 : 0 });
    bundles[name] = bundle;
    registry.add(name, bundle, 'latest');
  }
});
beforeEach(() => {
  device = failingDevice(bundles);
});

const one = (service: Inference, ...names: string[]) =>
  service.predict(request([{ pixels: testImage(1) }], names));
const outcome = (work: Promise<unknown>) => work.catch((error: unknown) => error);
const late = { code: 'unavailable', retryable: true, details: { late: true } };

describe('a head that hangs', () => {
  it('costs those that it shares a batch with nothing but time, and is refused after a few', async () => {
    const overran = vi.fn<NonNullable<InferenceObserver['overran']>>();
    const refused = vi.fn<NonNullable<InferenceObserver['refused']>>();
    const { devices } = device;
    const service = start(registry, {
      devices,
      runTimeoutMs: 1000,
      maxWaitMs: 30,
      observer: { overran, refused },
    });
    const [expected] = await one(service, 'good');
    await one(service, 'bad');
    // It can be opened, and hangs over the first image after that.
    const hangOnceOpen = (): void => {
      let probes = 1;
      device.outcome = ({ kind, of }) =>
        kind === 'run' && of === 'bad' && --probes < 0 ? 'hang' : undefined;
    };
    device.outcome = ({ kind, of }) => (kind === 'run' && of === 'bad' ? 'hang' : undefined);
    for (let time = 0; time < 3; time++) {
      const both = await Promise.all([outcome(one(service, 'bad')), outcome(one(service, 'good'))]);
      expect(both[0]).toMatchObject(late);
      expect(both[1]).toMatchObject([{ score: expected?.score }]);
      hangOnceOpen();
    }
    expect(overran).toHaveBeenCalledTimes(3);
    expect(overran.mock.calls[0]?.[0].step).toMatchObject({
      kind: 'head',
      key: expect.stringMatching(/^bad@/),
    });
    expect(refused).toHaveBeenCalledTimes(1);
    const { runtimes } = device;
    expect(await outcome(one(service, 'bad'))).toMatchObject({
      code: 'unavailable',
      retryable: true,
      details: { retryAfterSeconds: expect.any(Number) },
    });
    await expect(one(service, 'good')).resolves.toHaveLength(1);
    // The refusal costs no lane.
    expect(device.runtimes).toBe(runtimes);
    expect(service.status().health).toMatchObject({ state: 'well', abandoned: 3, refused: 1 });
    expect(service.status().queue.length).toBe(0);
  });
});

describe('a backbone that hangs', () => {
  it('is refused with all detectors that have it, and no other', async () => {
    const service = start(registry, { devices: device.devices, runTimeoutMs: 1000 });
    await one(service, 'good', 'other');
    let opened = 0;
    device.outcome = ({ kind, of }) => {
      if (kind === 'load' && of === 'backbone 0') opened = 1;
      return kind === 'run' && of === 'backbone 0' && --opened < 0 ? 'hang' : undefined;
    };
    for (let time = 0; time < 3; time++) expect(await outcome(one(service, 'good'))).toMatchObject(late);
    for (const name of ['good', 'bad']) {
      expect(await outcome(one(service, name))).toMatchObject({
        code: 'unavailable',
        details: { retryAfterSeconds: expect.any(Number) },
      });
    }
    await expect(one(service, 'other')).resolves.toHaveLength(1);
  });
});

describe('a detector that hangs while it is opened', () => {
  it('keeps others waiting no longer than its time, and is refused after a few', async () => {
    const service = start(registry, { devices: device.devices, loadTimeoutMs: 3000 });
    await one(service, 'other');
    device.outcome = ({ kind, of }) => (kind === 'load' && of === 'bad' ? 'hang' : undefined);
    for (let time = 0; time < 3; time++) {
      const [hung, healthy] = await Promise.all([
        outcome(one(service, 'bad')),
        outcome(one(service, 'other')),
      ]);
      expect(hung).toMatchObject(late);
      expect(healthy).toHaveLength(1);
    }
    expect(await outcome(one(service, 'bad'))).toMatchObject({
      details: { retryAfterSeconds: expect.any(Number) },
    });
    await expect(one(service, 'good')).resolves.toHaveLength(1);
  });

  it('is the device that does not work, when it is the first one there', async () => {
    const healthy = failingDevice(bundles);
    device.outcome = () => 'hang';
    const devices = [
      ...device.devices,
      { ...healthy.devices[0], device: 'webgpu' as const },
    ] as typeof device.devices;
    const service = start(registry, { device: 'auto', devices, loadTimeoutMs: 3000 });
    const [result] = await one(service, 'good');
    expect(result?.detector.device).toBe('webgpu');
    expect(service.status().detectors[0]?.refused[0]?.reason).toMatch(/did not end within 3000 ms/);
  });
});

describe('lanes that hang', () => {
  it('are left behind up to a number; then nothing is accepted, and it is said so', async () => {
    const service = start(registry, { devices: device.devices, runTimeoutMs: 1000, lanes: 1 });
    await one(service, 'good', 'bad', 'other');
    // Whatever runs hangs, in places that could be opened.
    let opening = 0;
    device.outcome = ({ kind }) => {
      if (kind === 'load') opening = 2;
      return kind === 'run' && --opening < 0 ? 'hang' : undefined;
    };
    for (const name of ['good', 'other', 'bad', 'good']) {
      await vi.waitFor(() => expect(service.status().health.state).toBe('well'), { timeout: 20_000 });
      expect(await outcome(one(service, name))).toMatchObject({ code: 'unavailable', retryable: true });
    }
    await vi.waitFor(
      () => expect(service.status().health).toMatchObject({ state: 'stalled', abandoned: 4 }),
      { timeout: 20_000 },
    );
    expect(service.status().health.detail).toMatch(/hang in the engine/);
    expect(await outcome(one(service, 'other'))).toMatchObject({ code: 'unavailable', retryable: true });
    expect(service.status().queue.length).toBe(0);
    // And it closes all the same: what hangs is not waited for.
    await service.close();
  });
});
