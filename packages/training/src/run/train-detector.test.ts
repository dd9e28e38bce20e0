import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadDetector, verifyBundle } from '@cflow/detector';
import { folderBundle } from '@cflow/detector/node';
import { decodeImage } from '@cflow/images/node';
import { nodeDevices } from '@cflow/runtime/node';
import {
  type BundleManifest,
  ConfigurationError,
  type DataSet,
  DataSetError,
  ImageError,
  StorageError,
  TrainingError,
} from '@cflow/spec';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrainingEvent } from '../events.js';
import { decodersOf } from '../testing/decoders-of.js';
import { renderDataSet } from '../testing/synth-data-set.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { tinyRun } from '../testing/tiny-run.js';
import { trainDetector } from './train-detector.js';

const root = temporaryFolder();
const at = (name: string): string => join(root, name);
const events: TrainingEvent[] = [];
let dataSet: DataSet;
let manifest: BundleManifest;
beforeAll(async () => {
  dataSet = await renderDataSet(at('data'), { train: 28, testGood: 6, perDefect: 2 });
  const onEvent = (event: TrainingEvent) => events.push(event);
  manifest = await trainDetector(tinyRun(dataSet, at('bundle'), { evaluate: true, onEvent }));
});
const of = <T extends TrainingEvent['type']>(type: T, list = events): Extract<TrainingEvent, { type: T }>[] =>
  list.filter((event): event is Extract<TrainingEvent, { type: T }> => event.type === type);

describe('trainDetector', () => {
  it('writes a bundle that is whole, and nothing beside it', async () => {
    const bundle = await verifyBundle(folderBundle(at('bundle')));
    expect(bundle.manifest).toEqual(manifest);
    expect((await readdir(root)).sort()).toEqual(['bundle', 'data']);
    expect((await readdir(at('bundle'))).sort()).toEqual(
      [...Object.keys(manifest.files), 'manifest.json'].sort(),
    );
  });

  it('says in the manifest what it did', () => {
    expect(manifest).toMatchObject({
      name: 'wood',
      precision: 'float32',
      normalization: 'fixed',
      backbone: { name: 'embedded', licence: 'Apache-2.0' },
      calibration: { images: 'held-out', score: { count: 7 } },
      provenance: {
        dataSet: 'wood',
        trainImages: 21,
        validationImages: 7,
        testImages: 14,
        epochs: 2,
        device: 'cpu',
        versions: {
          node: process.versions.node,
          'onnxruntime-node': expect.stringMatching(/^\d+\.\d+\.\d+$/),
        },
      },
      metrics: { images: 14, goodImages: 6, badImages: 8, pixelImages: 14 },
    });
    expect(manifest.configuration.layers).toEqual(manifest.layers.map(({ name }) => name));
    // What is the highest is on some good image, where the fused likelihood is at most one per layer.
    expect(manifest.maxLikelihood).toBeGreaterThan(1);
    expect(manifest.maxLikelihood).toBeLessThanOrEqual(3);
    expect(manifest.thresholds.f1).toBe(manifest.metrics?.f1Threshold);
  });

  it('tells how it goes', () => {
    const kinds = events.map(({ type }) => type).filter((type, i, all) => type !== all[i - 1]);
    expect(kinds.slice(0, 3)).toEqual(['data-set', 'start', 'features']);
    expect(kinds.slice(-3)).toEqual(['calibrated', 'evaluated', 'done']);
    expect(of('start')[0]).toMatchObject({
      preset: 'fast',
      device: 'cpu',
      trainImages: 21,
      validationImages: 7,
      testImages: 14,
    });
    expect(of('features').map(({ done }) => done)).toEqual(Array.from({ length: 28 }, (_, i) => i + 1));
    expect(of('epoch').length).toBe(6);
    expect(of('progress').at(-1)?.fraction).toBeCloseTo(1, 9);
    for (const event of events) expect(JSON.parse(JSON.stringify(event))).toEqual(event);
  });

  it('gives the same bits again, also where features are not kept but computed anew', async () => {
    const expected = await decodersOf(at('bundle'));
    const again = await trainDetector(tinyRun(dataSet, at('again')));
    expect(await decodersOf(at('again'))).toBe(expected);
    expect(again.files['head.onnx']).toEqual(manifest.files['head.onnx']);
    expect(again.calibration).toEqual(manifest.calibration);
    // Room for 5 of 28 images, and for none.
    for (const featureBytes of [100_000, 0]) {
      await trainDetector(tinyRun(dataSet, at('anew'), { featureBytes }));
      expect(await decodersOf(at('anew'))).toBe(expected);
    }
  });

  it('gives a detector whose scores do not depend on the batch', async () => {
    const devices = (await nodeDevices()).filter(({ device }) => device === 'cpu');
    const plain = await loadDetector(folderBundle(at('bundle')), { devices });
    const padding = await loadDetector(folderBundle(at('bundle')), { devices, batchSizes: [1, 2, 4, 8] });
    try {
      const items = dataSet.items.filter(({ split }) => split === 'test').slice(3, 11);
      const images = await Promise.all(items.map(({ path }) => decodeImage(path)));
      const together = await plain.predictBatch(images);
      const padded = await padding.predictBatch(images.slice(0, 5));
      for (const [i, image] of images.entries()) {
        const alone = await plain.predict(image);
        for (const other of [together[i], padded[i]]) {
          if (!other) continue;
          expect(Math.abs(other.score - alone.score)).toBeLessThanOrEqual(1e-6);
          const worst = other.map.data.reduce(
            (most, value, k) => Math.max(most, Math.abs(value - alone.map.data[k]!)),
            0,
          );
          expect(worst).toBeLessThanOrEqual(1e-6);
        }
      }
      expect(new Set(together.map(({ score }) => score)).size).toBe(8);
    } finally {
      await plain.dispose();
      await padding.dispose();
    }
  });

  it('calibrates on the images that it trained on when there are too few to hold out, and says so', async () => {
    const few: DataSet = {
      ...dataSet,
      items: dataSet.items.filter(({ split }) => split === 'train').slice(0, 3),
    };
    const told: TrainingEvent[] = [];
    const found = await trainDetector(
      tinyRun(few, at('few'), { evaluate: true, onEvent: (event) => told.push(event) }),
    );
    expect(found).toMatchObject({
      calibration: { images: 'training', score: { count: 3 } },
      provenance: { trainImages: 3, validationImages: 0, testImages: 0 },
      metrics: null,
      thresholds: { f1: null, pixelF1: null },
    });
    expect(of('calibrated', told)[0]?.heldOut).toBe(false);
    expect(of('epoch', told)[0]?.heldOut).toBeNull();

    // These images are known, so what the constants say of them can be seen.
    const devices = (await nodeDevices()).filter(({ device }) => device === 'cpu');
    const detector = await loadDetector(folderBundle(at('few')), { devices });
    try {
      const images = await Promise.all(few.items.map(({ path }) => decodeImage(path)));
      const predictions = await detector.predictBatch(images, { layers: true });
      found.layers.forEach(({ maxLogLikelihood }, layer) => {
        const largest = predictions.flatMap(({ layers }) => [...(layers?.[layer]?.data ?? [])]);
        expect(Math.max(...largest)).toBeCloseTo(maxLogLikelihood as number, 5);
      });
      // The likeliest place of all is where a map is zero.
      expect(Math.min(...predictions.flatMap(({ map }) => [...map.data]))).toBeCloseTo(0, 5);
      const knots = found.calibration.score.scores;
      const scores = predictions.map(({ score }) => score).sort((a, b) => a - b);
      knots.forEach((knot, i) => {
        expect(knot).toBeCloseTo(scores[i]!, 5);
      });
    } finally {
      await detector.dispose();
    }
  });
});

describe('what cannot work is refused before anything is written', () => {
  const expectNothing = async (): Promise<void> => {
    expect((await readdir(root)).filter((name) => name.startsWith('refused'))).toEqual([]);
  };

  it.each<[string, Parameters<typeof tinyRun>[2], new (...args: never[]) => Error, RegExp]>([
    ['no name', { name: '' }, ConfigurationError, /name must have 1 to 128/],
    ['a name that is too long', { name: 'x'.repeat(129) }, ConfigurationError, /got 129/],
    ['a layer that does not exist', { configuration: { layers: ['layer9'] } }, ConfigurationError, /layer9/],
    [
      'a backbone that does not exist',
      { configuration: { backbone: 'resnet19' } },
      ConfigurationError,
      /resnet19/,
    ],
    ['a condition of 30', { configuration: { conditionVector: 30 } }, ConfigurationError, /multiple of 4/],
    [
      'a fiber batch larger than the fibers',
      { preset: 'anomalib', configuration: { fiberBatchSize: 1000 } },
      TrainingError,
      /fiber batch of 1000 is larger than the \d+ fibers/,
    ],
    ['a device that is not there', { device: 'wasm' }, Error, /no such device/],
  ])('%s', async (_, options, type, message) => {
    const error = await trainDetector(tinyRun(dataSet, at('refused'), options)).catch(
      (found: unknown) => found,
    );
    expect(error).toBeInstanceOf(type);
    expect((error as Error).message).toMatch(message);
    await expectNothing();
  });

  it('no good images, and one', async () => {
    const only = (count: number): DataSet => ({
      ...dataSet,
      items: [
        ...dataSet.items.filter(({ split }) => split === 'train').slice(0, count),
        ...dataSet.items.filter(({ label }) => label === 'bad'),
      ],
    });
    await expect(trainDetector(tinyRun(only(0), at('refused')))).rejects.toThrow(
      /no good images to train on/,
    );
    await expect(trainDetector(tinyRun(only(1), at('refused')))).rejects.toThrow(/has one good image/);
    await expectNothing();
  });

  it("somebody's folder in the place of the bundle", async () => {
    const error = await trainDetector(tinyRun(dataSet, at('data'))).catch((found: unknown) => found);
    expect(error).toBeInstanceOf(StorageError);
    expect((error as Error).message).toMatch(/is not a bundle; choose another place for the bundle/);
  });
});

describe('images that cannot be read', () => {
  let damaged: DataSet;
  let broken: DataSet['items'];
  beforeAll(async () => {
    damaged = await renderDataSet(at('damaged'), { train: 24, testGood: 3, perDefect: 1 });
    const train = damaged.items.filter(({ split }) => split === 'train');
    const test = damaged.items.filter(({ split }) => split === 'test');
    broken = [train[3], train[17], test[0]] as DataSet['items'];
    await writeFile(broken[0]?.path as string, 'no image');
    await truncate(broken[1]?.path as string, 400);
    await rm(broken[2]?.path as string);
  });
  afterAll(() => rm(at('damaged'), { recursive: true }));

  it('are named and counted, and the others are trained on', async () => {
    const told: TrainingEvent[] = [];
    const found = await trainDetector(
      tinyRun(damaged, at('tolerant'), { evaluate: true, onEvent: (event) => told.push(event) }),
    );
    const { trainImages, validationImages, testImages } = found.provenance;
    expect([trainImages + validationImages, testImages]).toEqual([22, 6]);
    expect(
      of('unreadable', told)
        .map(({ path }) => path)
        .sort(),
    ).toEqual(broken.map(({ path }) => path).sort());
    expect(of('unreadable', told).map(({ count }) => count)).toEqual([1, 2, 3]);
    for (const { reason } of of('unreadable', told)) expect(reason).not.toBe('');
    const report = await readFile(join(at('tolerant'), 'report.html'), 'utf8');
    for (const { path } of broken) expect(report).toContain(path.split('/').at(-1));
  });

  it('stop a strict run', async () => {
    const error = await trainDetector(tinyRun(damaged, at('strict'), { strict: true })).catch(
      (found: unknown) => found,
    );
    expect(error).toBeInstanceOf(ImageError);
    const { message } = error as Error;
    expect(broken.some(({ path }) => message.includes(path))).toBe(true);
    expect(await readdir(root)).not.toContain('strict');
  });

  it('of the test stop a strict run before anything is computed, and not one that tests nothing', async () => {
    const items = damaged.items.filter((item) => !broken.slice(0, 2).includes(item));
    const told: TrainingEvent[] = [];
    const strict = tinyRun({ ...damaged, items }, at('strict'), {
      ...{ strict: true, evaluate: true },
      onEvent: (event) => told.push(event),
    });
    await expect(trainDetector(strict)).rejects.toThrow(broken[2]?.path);
    expect(told.map(({ type }) => type)).toEqual(['data-set']);
    await expect(trainDetector({ ...strict, evaluate: false })).resolves.toHaveProperty('name');
  });

  it('are too many when fewer than two are left', async () => {
    const items = [
      ...broken.slice(0, 2),
      ...damaged.items.slice(0, 1).filter((item) => !broken.includes(item)),
    ];
    const few = { ...damaged, items: items.map((item) => ({ ...item, split: 'train' as const })) };
    const error = await trainDetector(tinyRun(few, at('strict'))).catch((found: unknown) => found);
    expect(error).toBeInstanceOf(DataSetError);
    expect((error as Error).message).toMatch(/only [01] of [23] good images could be read/);
  });

  it('do not cost the detector when no test image is left', async () => {
    const items = damaged.items.map((item) =>
      item.split === 'test' ? { ...item, path: '/nowhere.png' } : item,
    );
    const found = await trainDetector(tinyRun({ ...damaged, items }, at('untested'), { evaluate: true }));
    expect(found.metrics).toBeNull();
    expect(found.provenance.testImages).toBe(0);
  });
});
