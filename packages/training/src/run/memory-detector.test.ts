import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadDetector, verifyBundle } from '@cflow/detector';
import { folderBundle } from '@cflow/detector/node';
import { asCard } from '@cflow/detector/testing';
import { decodeImage } from '@cflow/images/node';
import { nodeDevices } from '@cflow/runtime/node';
import { webDevices } from '@cflow/runtime/web';
import { type BundleManifest, ConfigurationError, type DataSet, type Mask, type RgbImage } from '@cflow/spec';
import * as ort from 'onnxruntime-web/wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { trainingFromBundle } from '../backbone/training-backbone.js';
import type { TrainingEvent } from '../events.js';
import { renderDataSet } from '../testing/synth-data-set.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { trainDetector } from './train-detector.js';
import type { TrainDetectorOptions } from './train-detector-options.js';
import { trainInMemory } from './train-in-memory.js';

ort.env.wasm.numThreads = 1;

const root = temporaryFolder();
const at = (name: string): string => join(root, name);
const cpu = (await nodeDevices()).filter(({ device }) => device === 'cpu');
const wasm = webDevices({ load: async () => ort }).filter(({ device }) => device === 'wasm');
const events: TrainingEvent[] = [];
let dataSet: DataSet;
let manifest: BundleManifest;
let images: RgbImage[];

const run = (output: string, options: Partial<TrainDetectorOptions> = {}): TrainDetectorOptions => ({
  ...{ dataSet, output: at(output), name: 'wood', preset: 'memory', device: 'cpu', threads: 2 },
  ...options,
  configuration: { inputSize: [96, 64], ...options.configuration },
});

beforeAll(async () => {
  dataSet = await renderDataSet(at('data'), { train: 24, testGood: 8, perDefect: 3 });
  manifest = await trainDetector(run('bundle', { onEvent: (event) => events.push(event) }));
  const test = dataSet.items.filter(({ split }) => split === 'test');
  images = await Promise.all(test.map(({ path }) => decodeImage(path)));
});

describe('a detector with a memory', () => {
  it('holds nothing out, and is calibrated with each image against the others', async () => {
    await verifyBundle(folderBundle(at('bundle')));
    expect(manifest).toMatchObject({
      configuration: { method: 'memory', inputSize: [96, 64] },
      calibration: { images: 'cross-fitted', score: { count: 24 }, map: { count: 24 } },
      provenance: { preset: 'memory', trainImages: 24, validationImages: 0, epochs: 0 },
    });
    expect(manifest.maxLikelihood).toBeUndefined();
    expect(events.map(({ type }) => type).filter((type, i, all) => type !== all[i - 1])).toEqual([
      ...['data-set', 'start', 'features', 'comparing', 'calibrated', 'evaluated', 'done'],
    ]);
  });

  it('finds most defects, and where they are, with few small images', () => {
    expect(manifest.metrics?.imageAuroc).toBeGreaterThan(0.75);
    expect(manifest.metrics?.pixelAuroc).toBeGreaterThan(0.8);
  });

  it('shows of good images alone which are unusual and where they vary', async () => {
    const good = { ...dataSet, items: dataSet.items.filter(({ split }) => split === 'train').slice(0, 9) };
    await trainDetector(run('alone', { dataSet: good }));
    const report = await readFile(join(at('alone'), 'report.html'), 'utf8');
    expect(report).toMatch(/Scores of the good images.*The most unusual good images.*Where good parts vary/s);
    expect(report.match(/<img /g)?.length).toBeGreaterThan(2 * 3);
  });

  it('gives good images that it has not seen the scores that calibrated it', async () => {
    const detector = await loadDetector(folderBundle(at('bundle')), { devices: cpu });
    try {
      const good = dataSet.items.flatMap(({ label, split }) => (split === 'test' ? [label === 'good'] : []));
      const predictions = await detector.predictBatch(images);
      const probabilities = predictions.flatMap(({ falseAlarmProbability }, i) =>
        good[i] ? [falseAlarmProbability] : [],
      );
      const mean = probabilities.reduce((sum, p) => sum + p, 0) / probabilities.length;
      // Uniform in [0, 1]: eight of them have a mean of 0.5 with a deviation of 0.1.
      expect(mean).toBeGreaterThan(0.2);
      expect(mean).toBeLessThan(0.8);
    } finally {
      await detector.dispose();
    }
  });

  it('has a score of its own meaning where a part of the image is ignored', async () => {
    const detector = await loadDetector(folderBundle(at('bundle')), { devices: cpu });
    try {
      const image = images.at(-1) as RgbImage;
      const { width, height } = image;
      const mask = (ignored: (x: number) => boolean): Mask => ({
        ...{ width, height },
        data: Uint8Array.from({ length: width * height }, (_, i) => (ignored(i % width) ? 1 : 0)),
      });
      const none = await detector.predict(image, { ignore: mask(() => false) });
      const half = await detector.predict(image, { ignore: mask((x) => x < width / 2) });
      const { calibration, thresholds } = manifest;
      expect(none.pixelThreshold).toBe(thresholds.pixel);
      expect(half.score).toBeLessThanOrEqual(none.score);
      const peak = none.map.data.reduce((max, value) => Math.max(max, value), Number.NEGATIVE_INFINITY);
      // As rare as the map's peak is among good images.
      expect(peak >= (thresholds.pixel as number)).toBe(none.score >= thresholds.score);
      expect(calibration.map).not.toEqual(calibration.score);
      await expect(detector.predict(image, { layers: true })).rejects.toThrow(ConfigurationError);
    } finally {
      await detector.dispose();
    }
  });

  it('gives the same as one graph, as on a card', async () => {
    const card = cpu.map((candidate) => asCard(candidate));
    const there = await loadDetector(folderBundle(at('bundle')), {
      devices: card,
      oneGraph: () => import('@cflow/detector/one-graph'),
    });
    const here = await loadDetector(folderBundle(at('bundle')), { devices: cpu });
    try {
      const [a, b] = [await there.predictBatch(images), await here.predictBatch(images)];
      a.forEach(({ score }, i) => {
        expect(score).toBeCloseTo(b[i]?.score as number, 4);
      });
    } finally {
      await there.dispose();
      await here.dispose();
    }
  });

  it('gives the same on wasm, and when it is made there', async () => {
    const verified = await verifyBundle(folderBundle(at('bundle')));
    // A browser has bytes and no paths.
    const { name, read } = folderBundle(at('bundle'));
    const there = await loadDetector({ name, read }, { devices: wasm });
    const here = await loadDetector(folderBundle(at('bundle')), { devices: cpu });
    try {
      const [a, b] = [await there.predictBatch(images), await here.predictBatch(images)];
      const spread = manifest.calibration.scoreSpread;
      a.forEach(({ score }, i) => {
        expect(Math.abs(score - (b[i]?.score as number)) / spread).toBeLessThan(1e-4);
      });
      const from = trainingFromBundle(verified);
      const train = dataSet.items.filter(({ split }) => split === 'train');
      const files = await trainInMemory({
        name: 'wood',
        preset: 'memory',
        images: await Promise.all(train.map(({ path }) => decodeImage(path))),
        devices: wasm,
        ...from,
      });
      const made = JSON.parse(new TextDecoder().decode(files.get('manifest.json'))) as BundleManifest;
      expect(Math.abs(made.thresholds.score / manifest.thresholds.score - 1)).toBeLessThan(0.05);
    } finally {
      await there.dispose();
      await here.dispose();
    }
  });

  it('hardly changes when its weights are halved, and takes half the room', async () => {
    const half = await trainDetector(run('half', { precision: 'float16', evaluate: true }));
    const size = ({ files }: BundleManifest): number => files['decoders.safetensors']?.bytes as number;
    expect(size(half)).toBeLessThan(0.55 * size(manifest));
    expect(half.metrics?.imageAuroc).toBeCloseTo(manifest.metrics?.imageAuroc as number, 2);
  });

  it('is had from two images on', async () => {
    const few: DataSet = {
      ...dataSet,
      items: dataSet.items.filter(({ split }) => split === 'train').slice(0, 2),
    };
    const made = await trainDetector(run('two', { dataSet: few }));
    expect(made.calibration.score.count).toBe(2);
    expect(Number.isFinite(made.thresholds.score)).toBe(true);
  });

  it.each([
    [
      'epochs, which it has none of',
      { overrides: { epochs: 3 } },
      /a memory is not trained, so epochs would decide nothing/,
    ],
    [
      'another method than its preset',
      { configuration: { method: 'flow' } },
      /the preset "memory" is a memory/,
    ],
  ] as const)('refuses %s', async (_, options, message) => {
    await expect(trainDetector(run('refused', options as Partial<TrainDetectorOptions>))).rejects.toThrow(
      message,
    );
  });
});
