import { join } from 'node:path';
import { loadDetector, parseManifest, type VerifiedBundle, verifyBundle } from '@cflow/detector';
import { folderBundle } from '@cflow/detector/node';
import { memoryBundle } from '@cflow/detector/testing';
import { decodeImage } from '@cflow/images/node';
import type { DeviceCandidate } from '@cflow/runtime';
import { nodeDevices } from '@cflow/runtime/node';
import { webDevices } from '@cflow/runtime/web';
import {
  BUNDLE_FILES,
  type BundleManifest,
  ConfigurationError,
  DataSetError,
  DeviceError,
  ImageError,
  type RgbImage,
} from '@cflow/spec';
import * as ort from 'onnxruntime-web/wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { trainingFromBundle } from '../backbone/training-backbone.js';
import type { TrainingEvent } from '../events.js';
import { countedDevice } from '../testing/counted-device.js';
import { renderDataSet } from '../testing/synth-data-set.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { tinyRun } from '../testing/tiny-run.js';
import { trainDetector } from './train-detector.js';
import { type TrainInMemoryOptions, trainInMemory } from './train-in-memory.js';

ort.env.wasm.numThreads = 1;

const root = temporaryFolder();
const devices = (await nodeDevices()).filter(({ device }) => device === 'cpu');
const cpu = devices[0] as DeviceCandidate;
const wasm = webDevices({ load: async () => ort }).filter(({ device }) => device === 'wasm');

/** Good images, neither square nor of the input's size, and some that were not trained on. */
let images: RgbImage[];
let test: RgbImage[];
let folder: VerifiedBundle;
let manifest: BundleManifest;
let files: Map<string, Uint8Array>;
const events: TrainingEvent[] = [];

/** The same run as `tinyRun`, with the backbone of the bundle that came of that. */
function inMemory(options: Partial<TrainInMemoryOptions> = {}): TrainInMemoryOptions {
  const { configuration, overrides, preset, threads, name } = tinyRun({} as never, '');
  const from = trainingFromBundle(folder);
  return {
    name,
    images,
    preset,
    devices,
    device: 'auto',
    threads,
    backbone: from.backbone,
    overrides,
    ...options,
    configuration: { ...from.configuration, ...configuration, ...options.configuration },
  };
}

const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex');
const decoders = (of: ReadonlyMap<string, Uint8Array>): string => hex(of.get(BUNDLE_FILES.decoders));
const manifestOf = (of: ReadonlyMap<string, Uint8Array>): Promise<BundleManifest> =>
  parseManifest(of.get(BUNDLE_FILES.manifest) as Uint8Array, 'test');

async function scoresOf(of: ReadonlyMap<string, Uint8Array>): Promise<number[]> {
  const detector = await loadDetector(memoryBundle(of), { devices });
  try {
    return (await detector.predictBatch(test)).map(({ score }) => score);
  } finally {
    await detector.dispose();
  }
}

beforeAll(async () => {
  const dataSet = await renderDataSet(join(root, 'data'), {
    train: 28,
    testGood: 4,
    perDefect: 1,
    size: { width: 90, height: 76 },
  });
  manifest = await trainDetector(tinyRun(dataSet, join(root, 'bundle')));
  folder = await verifyBundle(folderBundle(join(root, 'bundle')));
  const decoded = (split: string) =>
    Promise.all(dataSet.items.filter((item) => item.split === split).map(({ path }) => decodeImage(path)));
  images = await decoded('train');
  test = await decoded('test');
  files = await trainInMemory(inMemory({ onEvent: (event) => events.push(event) }));
});

describe('trainInMemory', () => {
  it('gives the same files as the run on a folder with the same images, seed and device', async () => {
    expect([...files.keys()].sort()).toEqual([...Object.keys(manifest.files), 'manifest.json'].sort());
    expect(decoders(files)).toBe(decoders(folder.files));
    for (const [name, bytes] of folder.files)
      expect([name, hex(files.get(name))]).toEqual([name, hex(bytes)]);
    const made = await manifestOf(files);
    const { createdAt, files: listed, provenance, ...same } = manifest;
    expect(made).toMatchObject(same);
    expect(made.provenance).toMatchObject({
      preset: 'fast',
      dataSet: 'images in memory',
      trainImages: provenance.trainImages,
      validationImages: provenance.validationImages,
      epochs: provenance.epochs,
      device: 'cpu',
    });
    expect(made.files['head.onnx']).toEqual(listed['head.onnx']);
    expect(Date.parse(made.createdAt)).toBeGreaterThanOrEqual(Date.parse(createdAt));
  });

  it('gives a bundle that is whole and scores', async () => {
    const { source, ...bundle } = await verifyBundle(memoryBundle(files));
    expect(bundle.manifest.name).toBe('wood');
    expect(new TextDecoder().decode(files.get('report.html'))).toMatch(/^<!doctype html>/i);
    const detector = await loadDetector(folderBundle(join(root, 'bundle')), { devices });
    const expected = (await detector.predictBatch(test)).map(({ score }) => score);
    await detector.dispose();
    expect(await scoresOf(files)).toEqual(expected);
  });

  it('tells how it goes, in plain JSON, and speaks of no checkpoints', () => {
    const kinds = events.map(({ type }) => type).filter((type, i, all) => type !== all[i - 1]);
    expect(kinds.slice(0, 2)).toEqual(['start', 'features']);
    expect(kinds.slice(-2)).toEqual(['calibrated', 'done']);
    expect(kinds).not.toContain('checkpoint');
    expect(events[0]).toMatchObject({ device: 'cpu', trainImages: 21, validationImages: 7, testImages: 0 });
    const features = events.filter((event) => event.type === 'features');
    expect(features.at(-1)).toEqual({ type: 'features', done: 28, total: 28 });
    expect(events.filter(({ type }) => type === 'epoch').length).toBe(6);
    for (const event of events) expect(JSON.parse(JSON.stringify(event))).toEqual(event);
  });

  it('takes seed, held-out images, data set and versions as they are given', async () => {
    const options = {
      images: images.slice(0, 8),
      heldOut: images.slice(8, 11),
      seed: 5,
      dataSet: 'webcam',
      versions: { 'onnxruntime-node': '1.30.0' },
    };
    const one = await trainInMemory(inMemory(options));
    const { calibration, configuration, provenance } = await manifestOf(one);
    expect([calibration.images, calibration.score.count, configuration.seed]).toEqual(['held-out', 3, 5]);
    expect(provenance).toMatchObject({
      dataSet: 'webcam',
      trainImages: 8,
      validationImages: 3,
      versions: options.versions,
    });
    expect(decoders(await trainInMemory(inMemory({ ...options, seed: 6 })))).not.toBe(decoders(one));
  });

  it('calibrates on what it trained on where there is too little to hold out', async () => {
    const few = await manifestOf(await trainInMemory(inMemory({ images: images.slice(0, 3) })));
    expect([few.calibration.images, few.calibration.score.count]).toEqual(['training', 3]);
  });

  it('stores decoders as the backbone is stored', async () => {
    const backbone = { ...trainingFromBundle(folder).backbone, precision: 'float16' } as const;
    const half = await trainInMemory(inMemory({ backbone, images: images.slice(0, 4) }));
    expect((await manifestOf(half)).precision).toBe('float16');
    expect((half.get(BUNDLE_FILES.decoders) as Uint8Array).length).toBeLessThan(
      0.6 * (files.get(BUNDLE_FILES.decoders) as Uint8Array).length,
    );
  });
});

describe('trainInMemory on wasm, in this thread', () => {
  it('gives the scores of the run on the CPU', async () => {
    const counted = countedDevice(wasm[0] as DeviceCandidate);
    const found: TrainingEvent[] = [];
    const made = await trainInMemory(
      inMemory({ devices: [counted.device], device: 'wasm', onEvent: (event) => found.push(event) }),
    );
    expect((await manifestOf(made)).provenance.device).toBe('wasm');
    expect([counted.open(), counted.most()]).toEqual([0, 1]);
    const expected = await scoresOf(files);
    const spread = manifest.calibration.scoreSpread;
    const largest = Math.max(...(await scoresOf(made)).map((score, i) => Math.abs(score - expected[i]!)));
    expect(largest / spread).toBeLessThan(1e-3);
  });

  it.each(['features', 'progress'] as const)(
    'sees a stop that is asked for by a timer while %s are made, and gives the device back',
    async (type) => {
      const counted = countedDevice(wasm[0] as DeviceCandidate);
      const controller = new AbortController();
      const reason = new Error('stop');
      let seen = 0;
      const run = trainInMemory(
        inMemory({
          devices: [counted.device],
          signal: controller.signal,
          onEvent(event) {
            if (event.type !== type) return;
            seen += 1;
            setTimeout(() => controller.abort(reason), 0);
          },
        }),
      );
      await expect(run).rejects.toBe(reason);
      expect(seen).toBeLessThanOrEqual(2);
      expect(counted.open()).toBe(0);
    },
  );
});

describe('trainInMemory refuses', () => {
  const refusal = async (options: Partial<TrainInMemoryOptions>): Promise<Error> =>
    trainInMemory(inMemory(options)).then(
      () => new Error('not refused'),
      (error: Error) => error,
    );

  it('too few images, and what is none', async () => {
    expect(await refusal({ images: [] })).toBeInstanceOf(DataSetError);
    expect((await refusal({ images: images.slice(0, 1) })).message).toMatch(/one good image .* at least 2/);
    const cut = { width: 4, height: 4, data: new Uint8Array(47) };
    const error = await refusal({ images: [...images, cut] });
    expect(error).toBeInstanceOf(ImageError);
    expect(error.message).toMatch(/images\[28\] is not a RGB image: 4 x 4 pixels need 48 bytes, got 47/);
    expect((await refusal({ heldOut: [cut] })).message).toMatch(/heldOut\[0\]/);
  });

  it('to take more memory than it may, before anything is computed, and says what would do', async () => {
    const counted = countedDevice(cpu);
    const all = (await refusal({ memoryBytes: 1000 })) as ConfigurationError;
    expect(all.message).toMatch(/use fewer coupling blocks, or .* a smaller input than 64 x 64 pixels/);
    const memoryBytes = (all.details.neededBytes as number) - 100_000;
    const error = (await refusal({ memoryBytes, devices: [counted.device] })) as ConfigurationError;
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toMatch(/would take \d+ MiB .* may take \d+ MiB: use at most \d+ images, or/);
    expect(counted.most()).toBe(0);
    const { neededBytes, mostImages } = error.details as { neededBytes: number; mostImages: number };
    expect(neededBytes).toBe(all.details.neededBytes);
    expect(mostImages).toBeLessThan(28);
    expect(await refusal({ memoryBytes, images: images.slice(0, mostImages) })).toMatchObject({
      message: 'not refused',
    });
    expect(await refusal({ memoryBytes, images: images.slice(0, mostImages + 1) })).toBeInstanceOf(
      ConfigurationError,
    );
  });

  it('a configuration that the backbone cannot serve, and a name that no manifest can hold', async () => {
    const size = await refusal({ configuration: { inputSize: [96, 96] } });
    expect(size).toBeInstanceOf(ConfigurationError);
    expect(size.message).toMatch(/is for inputSize \[64,64\], and \[96,96\] was asked for/);
    expect((await refusal({ configuration: { layers: ['nothing'] } })).message).toMatch(/is for layers/);
    expect(await refusal({ name: '' })).toBeInstanceOf(ConfigurationError);
  });

  it('a device that is not there, and a run that was stopped before it began', async () => {
    expect(await refusal({ device: 'webgpu' })).toBeInstanceOf(DeviceError);
    const counted = countedDevice(cpu);
    const stopped = AbortSignal.abort(new Error('no'));
    expect(await refusal({ signal: stopped, devices: [counted.device] })).toBe(stopped.reason);
    expect(counted.most()).toBe(0);
  });
});
