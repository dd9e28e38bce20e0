import type { Worker } from 'node:worker_threads';
import { makeBundle, testImage } from '@cflow/detector/testing';
import { createRuntime, type DeviceCandidate, type Runtime } from '@cflow/runtime';
import { createNodeRuntime } from '@cflow/runtime/node';
import { DeviceError } from '@cflow/spec';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { startImageThread } from './node/create-node-inference.js';
import type { InferenceObserver } from './observer.js';
import { inferenceForEachTest, oneDetector } from './testing/inference-for-each-test.js';
import { request } from './testing/requests.js';

let bundle: Map<string, Uint8Array>;
const start = inferenceForEachTest();

beforeAll(async () => {
  bundle = await makeBundle({ name: 'wood' });
});

const pixels = (seed: number) => ({ pixels: testImage(seed) });

/** CPUs whose threads can be made to die as one does by a fault that nobody foresaw. */
function mortalDevice(): { devices: DeviceCandidate[]; kill(): Promise<void>; runtimes: Runtime[] } {
  const runtimes: (Runtime & { terminate(): Promise<void> })[] = [];
  const createMortal = async (): Promise<Runtime> => {
    const runtime = createNodeRuntime({ device: 'cpu', threads: 1 });
    runtimes.push(runtime);
    return runtime;
  };
  return {
    devices: [{ device: 'cpu', description: 'mortal', createRuntime: createMortal }],
    runtimes,
    // To those outside it is the death of the thread: every pending call fails, and the place is gone for good.
    kill: async () => runtimes.at(-1)?.terminate(),
  };
}

describe('a thread that dies', () => {
  it('for images, fails what it was at with a retryable error and is replaced', async () => {
    const workers: Worker[] = [];
    const threadReplaced = vi.fn<NonNullable<InferenceObserver['threadReplaced']>>();
    const service = start(oneDetector(bundle), {
      imageThreads: 1,
      observer: { threadReplaced },
      startImageThread: (settings) => {
        const worker = startImageThread(settings);
        workers.push(worker);
        return worker;
      },
    });
    await service.predict(request([pixels(1)], ['wood']));
    const large = testImage(3, 2500, 2500);
    const lost = service.predict(request([{ pixels: large }], ['wood'])).catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await workers[0]?.terminate();
    expect(await lost).toMatchObject({ code: 'unavailable', retryable: true });
    await expect(service.predict(request([pixels(1)], ['wood']))).resolves.toHaveLength(1);
    expect(workers).toHaveLength(2);
    expect(threadReplaced).toHaveBeenCalledTimes(1);
  });

  it('or is stuck with an image, is replaced and the image refused', async () => {
    const service = start(oneDetector(bundle), { imageThreads: 1 });
    await service.load('wood', 'latest');
    await service.predict(request([pixels(1)], ['wood']));
    const endless = start(oneDetector(bundle), {
      imageThreads: 1,
      imageTimeoutMs: 1,
    });
    const attempt = endless.predict(request([{ pixels: testImage(1, 1500, 1500) }], ['wood']));
    await expect(attempt).rejects.toMatchObject({ code: 'image', details: { image: 0, reason: 'too-slow' } });
    expect(endless.status().queue.length).toBe(0);
    await service.close();
  });

  it('on the device, costs no request anything but time', async () => {
    const device = mortalDevice();
    const threadReplaced = vi.fn<NonNullable<InferenceObserver['threadReplaced']>>();
    const service = start(oneDetector(bundle), { devices: device.devices, observer: { threadReplaced } });
    const [before] = await service.predict(request([pixels(1)], ['wood']));
    let killed: Promise<void> | undefined;
    const results = await Promise.all(
      Array.from({ length: 40 }, async (_, i) => {
        if (i === 20) killed = device.kill();
        return service.predict(request([pixels(1)], ['wood']));
      }),
    );
    await killed;
    for (const [result] of results) expect(result?.score).toBeCloseTo(before?.score as number, 6);
    expect(device.runtimes).toHaveLength(2);
    expect(threadReplaced).toHaveBeenCalledTimes(1);
  });

  it('on the device, and cannot be replaced, fails with a retryable error, and all is well when it can', async () => {
    const device = mortalDevice();
    const registry = oneDetector(bundle);
    const service = start(registry, { devices: device.devices });
    await service.predict(request([pixels(1)], ['wood']));
    registry.down = true;
    await device.kill();
    await expect(service.predict(request([pixels(1)], ['wood']))).rejects.toMatchObject({
      code: 'unavailable',
      retryable: true,
    });
    registry.down = false;
    await expect(service.predict(request([pixels(1)], ['wood']))).resolves.toHaveLength(1);
  });

  it('again and again, ends the request with a retryable error', async () => {
    const failure = new DeviceError('gone', [{ device: 'cpu', reason: 'its thread stopped' }], {
      retryable: true,
    });
    // Opens everything and dies at the first batch.
    const createMortal = async (): Promise<Runtime> => {
      const real = createNodeRuntime({ device: 'cpu', threads: 1 });
      let failed: DeviceError | undefined;
      let runs = 0;
      const dying = createRuntime('cpu', {
        get failure() {
          return failed;
        },
        load: async (source, given) => {
          const session = await real.createSession(source, given);
          sessions.push(session);
          return { id: sessions.length - 1, inputs: session.inputs, outputs: session.outputs };
        },
        run: async (id, feeds, fetches) => {
          // The golden probe takes two runs.
          if (++runs > 2) failed = failure;
          if (failed) throw failed;
          return (sessions[id] as (typeof sessions)[number]).run(feeds, { fetches });
        },
        release: async () => undefined,
        close: () => real.dispose(),
      });
      const sessions: Awaited<ReturnType<Runtime['createSession']>>[] = [];
      return dying;
    };
    const devices = [{ device: 'cpu' as const, description: 'dying', createRuntime: createMortal }];
    const service = start(oneDetector(bundle), { devices });
    await expect(service.predict(request([pixels(1)], ['wood']))).rejects.toMatchObject({
      code: 'unavailable',
      retryable: true,
    });
    expect(service.status().queue.length).toBe(0);
  });
});
