import { tf32Model } from '@cflow/onnx/testing';
import type { DeviceCandidate, Runtime, Session } from '@cflow/runtime';
import { nodeDevices } from '@cflow/runtime/node';
import {
  BundleError,
  type BundleManifest,
  ConfigurationError,
  type Device,
  DeviceError,
  type Prediction,
} from '@cflow/spec';
import { afterAll, describe, expect, it } from 'vitest';
import type { Detector } from './detector.js';
import { type LoadDetectorOptions, loadDetector } from './load-detector.js';
import { parseManifest } from './manifest.js';
import { asCard } from './testing/as-card.js';
import { makeBundle, sealBundle } from './testing/make-bundle.js';
import { memoryBundle } from './testing/memory-bundle.js';
import { testImage, testImages } from './testing/test-image.js';

const files = await makeBundle();
const cpu = (await nodeDevices({ threads: 1 })).find(({ device }) => device === 'cpu') as DeviceCandidate;
const opened: Detector[] = [];
afterAll(async () => {
  for (const detector of opened) await detector.dispose();
});

async function load(options: Partial<LoadDetectorOptions> = {}, from = files): Promise<Detector> {
  const detector = await loadDetector(memoryBundle(from), {
    devices: [cpu],
    oneGraph: () => import('./one-graph.js'),
    ...options,
  });
  opened.push(detector);
  return detector;
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i]!)), 0);
}

function expectEqual(found: Prediction, expected: Prediction): void {
  expect(Math.abs(found.score - expected.score)).toBeLessThanOrEqual(1e-6);
  expect(largestDifference(found.map.data, expected.map.data)).toBeLessThanOrEqual(1e-6);
  found.layers?.forEach(({ data }, layer) => {
    const other = expected.layers?.[layer]?.data as Float32Array;
    expect(largestDifference(data, other)).toBeLessThanOrEqual(1e-5);
  });
}

describe('a score', () => {
  // Of several sizes, since images are brought to the input size before they share a batch.
  const images = [testImage(0, 64, 64), testImage(1, 100, 60), testImage(2, 33, 130), ...testImages(5, 3)];

  it('is the same alone, among others, and in a padded batch', async () => {
    const plain = await load();
    const padding = await load({ batchSizes: [1, 2, 4, 8] });
    const together = await plain.predictBatch(images, { layers: true });
    for (const [i, image] of images.entries()) {
      expectEqual(await plain.predict(image, { layers: true }), together[i] as Prediction);
    }
    // 3 of 4 places, 5 and 7 of 8, and 11 images as a batch of 8 and one of 4.
    for (const count of [3, 5, 7]) {
      const padded = await padding.predictBatch(images.slice(0, count), { layers: true });
      expect(padded.length).toBe(count);
      for (const [i, prediction] of padded.entries()) expectEqual(prediction, together[i] as Prediction);
    }
    const many = await padding.predictBatch([...images, ...images.slice(0, 3)]);
    for (const [i, prediction] of many.entries()) expectEqual(prediction, together[i % 8] as Prediction);
    const turned = await plain.predictBatch([...images].reverse());
    for (const [i, prediction] of turned.entries()) expectEqual(prediction, together[7 - i] as Prediction);
    // The comparisons say something only if the images differ.
    const scores = together.map(({ score }) => score);
    expect(new Set(scores).size).toBe(8);
    expect(Math.max(...scores) - Math.min(...scores)).toBeGreaterThan(1e-3);
  });

  it('is the same whatever the largest batch', async () => {
    const [one, three] = [await load({ maxBatch: 1 }), await load({ maxBatch: 3 })];
    const singly = await one.predictBatch(images);
    for (const [i, prediction] of (await three.predictBatch(images)).entries()) {
      expectEqual(prediction, singly[i] as Prediction);
    }
  });

  it('of no images is none', async () => {
    expect(await (await load()).predictBatch([])).toEqual([]);
  });
});

describe('loadDetector', () => {
  it.each([[{ batchSizes: [] }], [{ batchSizes: [4, 0] }], [{ maxBatch: 0 }], [{ maxBatch: 2.5 }]])(
    'refuses batch sizes that no batch can have: %o',
    async (options) => {
      await expect(load(options)).rejects.toThrow(ConfigurationError);
    },
  );

  it('says where it runs', async () => {
    const detector = await load();
    expect(detector.device).toBe('cpu');
    expect(detector.refused).toEqual([]);
  });

  it('refuses a device whose numbers are off, takes the next and says so', async () => {
    const detector = await load({ devices: [spoiled('webgpu', (value) => value + 1e-2), cpu] });
    expect(detector.device).toBe('cpu');
    expect(detector.refused).toEqual([
      { device: 'webgpu', reason: expect.stringMatching(/golden probe failed: output "score" is wrong/) },
    ]);
  });

  it.each([
    ['NaN', () => Number.NaN],
    ['infinity', () => Number.POSITIVE_INFINITY],
    ['nothing but zeros', () => 0],
    ['one pixel that is off', (value: number, index: number) => (index === 77 ? value + 1e-2 : value)],
  ])('refuses a device that gives %s', async (_, change) => {
    const detector = await load({ devices: [spoiled('webgpu', change), cpu] });
    expect(detector.refused.map(({ device }) => device)).toEqual(['webgpu']);
  });

  it('takes a device that is off by less than matters', async () => {
    const detector = await load({ devices: [spoiled('webgpu', (value) => value + 1e-7), cpu] });
    expect(detector.device).toBe('webgpu');
  });

  it('refuses a named device instead of taking another', async () => {
    const wrong = spoiled('webgpu', (value) => value + 1e-2);
    const error = await load({ devices: [wrong, cpu], device: 'webgpu' }).catch((found: unknown) => found);
    expect(error).toBeInstanceOf(DeviceError);
    expect((error as DeviceError).attempts).toEqual([
      { device: 'webgpu', reason: expect.stringContaining('golden probe failed') },
    ]);
    await expect(load({ device: 'cuda' })).rejects.toThrow(/no such device/);
  });

  it('lists every device that it tried when none is right', async () => {
    const devices = [spoiled('cuda', () => Number.NaN), spoiled('cpu', (value) => value * 1.01)];
    const error = (await load({ devices }).catch((found: unknown) => found)) as DeviceError;
    expect(error.attempts.map(({ device }) => device)).toEqual(['cuda', 'cpu']);
  });

  it('refuses a card that multiplies in TF32, in backbone or head alone', async () => {
    for (const part of ['backbone', 'head', 'all'] as const) {
      const error = await load({ devices: [inTf32(part)] }).catch((found: unknown) => found);
      expect(error).toBeInstanceOf(DeviceError);
      expect((error as DeviceError).attempts).toEqual([
        { device: 'cuda', reason: expect.stringMatching(/^golden probe failed: output ".*" is wrong/) },
      ]);
    }
    // What refuses is the rounding, not how it is done.
    expect((await load({ devices: [inTf32('none')] })).refused).toEqual([]);
  });

  it('notices TF32 by the likelihoods where score and map stand still', async () => {
    const lenient = await withProbe(files, { absoluteTolerance: 10 });
    const error = await load({ devices: [inTf32('all')] }, lenient).catch((found: unknown) => found);
    expect((error as DeviceError).attempts[0]?.reason).toMatch(/output "log_likelihood\.layer\d" is wrong/);
  });

  it('frees the places of devices that it refuses', async () => {
    const disposed: string[] = [];
    const wrong = spoiled(
      'webgpu',
      () => 0,
      () => disposed.push('webgpu'),
    );
    await load({ devices: [wrong, cpu] });
    expect(disposed).toEqual(['webgpu']);
  });

  it('does not call an image good or bad when the device fails on it later', async () => {
    let broken = false;
    const flaky = spoiled('webgpu', (value) => (broken ? Number.NaN : value));
    const detector = await load({ devices: [flaky] });
    broken = true;
    await expect(detector.predict(testImage(0))).rejects.toThrow(DeviceError);
  });

  it.each([['another input size', { inputSize: [64, 96] }, /probe|expected was uint8 \[batch,3,64,96\]/]])(
    'refuses files that are whole but do not go together: %s',
    async (_, configuration, message) => {
      const changed = new Map(files);
      const manifest = await parseManifest(files.get('manifest.json') as Uint8Array, 'test');
      await sealBundle(changed, {
        ...manifest,
        configuration: { ...manifest.configuration, ...(configuration as { inputSize: [number, number] }) },
      });
      const error = await load({}, changed).catch((found: unknown) => found);
      expect(error).toBeInstanceOf(BundleError);
      expect((error as BundleError).message).toMatch(message);
    },
  );

  it('refuses a golden probe that is none', async () => {
    const changed = new Map(files).set('probe.safetensors', new Uint8Array(100));
    const manifest = await parseManifest(files.get('manifest.json') as Uint8Array, 'test');
    await sealBundle(changed, manifest);
    await expect(load({}, changed)).rejects.toThrow(/golden probe of bundle "test" cannot be read/);
  });
});

/** The CPU as a card whose products are in TF32: in nodes of that part of the detector alone, or in all. */
function inTf32(part: 'backbone' | 'head' | 'all' | 'none'): DeviceCandidate {
  const isOf = { backbone: false, head: true };
  return asCard(cpu, {
    model: ({ model }) =>
      part === 'none'
        ? (model as Uint8Array)
        : tf32Model(model as Uint8Array, (node) => part === 'all' || node.startsWith('head/') === isOf[part]),
  });
}

/** The bundle with other tolerances for score and map. */
async function withProbe(
  from: ReadonlyMap<string, Uint8Array>,
  probe: Partial<BundleManifest['probe']>,
): Promise<Map<string, Uint8Array>> {
  const changed = new Map(from);
  const manifest = await parseManifest(from.get('manifest.json') as Uint8Array, 'test');
  await sealBundle(changed, { ...manifest, probe: { ...manifest.probe, ...probe } });
  return changed;
}

/** The CPU under another name, giving other numbers than it computes. */
function spoiled(
  device: Device,
  change: (value: number, index: number) => number,
  onDispose: () => void = () => undefined,
): DeviceCandidate {
  const spoil = (session: Session): Session => ({
    device,
    inputs: session.inputs,
    outputs: session.outputs,
    async run(feeds, options) {
      const outputs = await session.run(feeds, options);
      for (const name of ['score', 'anomaly_map']) {
        const tensor = outputs[name];
        if (tensor)
          outputs[name] = { ...tensor, data: (tensor.data as Float32Array).map(change) } as typeof tensor;
      }
      return outputs;
    },
    dispose: () => session.dispose(),
  });
  return {
    device,
    description: 'a device that is wrong',
    async createRuntime(): Promise<Runtime> {
      const runtime = await cpu.createRuntime();
      return {
        device,
        failure: undefined,
        createSession: async (source, options) => spoil(await runtime.createSession(source, options)),
        async dispose() {
          onDispose();
          await runtime.dispose();
        },
      };
    },
  };
}
