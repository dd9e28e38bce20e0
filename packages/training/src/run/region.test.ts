// A part of the picture that counts: what is outside takes part in nothing.
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { verifyBundle } from '@cflow/detector';
import { type EvaluatedImage, evaluateDetector, folderBundle } from '@cflow/detector/node';
import { decodeImage } from '@cflow/images/node';
import type { BundleManifest, DataSet, DataSetItem, RgbImage } from '@cflow/spec';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { renderDataSet } from '../testing/synth-data-set.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { withDetector } from '../testing/with-detector.js';
import { trainDetector } from './train-detector.js';
import type { TrainDetectorOptions } from './train-detector-options.js';

const root = temporaryFolder();
const at = (name: string): string => join(root, name);
const SIZE = { width: 128, height: 96 };
/** Right of it counts. */
const BORDER = 64;
let dataSet: DataSet;

async function writeMask(
  path: string,
  counts: (x: number) => boolean,
  { width, height } = SIZE,
): Promise<void> {
  const data = Uint8Array.from({ length: width * height }, (_, i) => (counts(i % width) ? 255 : 0));
  await sharp(data, { raw: { width, height, channels: 1 } })
    .png()
    .toFile(path);
}

/** With other pixels left of the border. */
const spoiled = ({ width, height, data }: RgbImage): RgbImage => ({
  ...{ width, height },
  data: data.map((value, i) => (Math.trunc(i / 3) % width < BORDER ? (i * 7919) & 255 : value)),
});

const train = (
  method: 'memory' | 'flow',
  options: Partial<TrainDetectorOptions> = {},
): Promise<BundleManifest> =>
  trainDetector({
    ...{ dataSet, output: at(method), name: 'wood', device: 'cpu', threads: 2, region: at('region.png') },
    preset: method === 'memory' ? 'memory' : 'fast',
    ...(method === 'flow' && { overrides: { epochs: 2 } }),
    ...options,
    configuration: {
      inputSize: [64, 64],
      ...(method === 'flow' && { couplingBlocks: 2, conditionVector: 16 }),
    },
  });

beforeAll(async () => {
  dataSet = await renderDataSet(at('data'), { train: 20, testGood: 4, perDefect: 3, size: SIZE });
  await writeMask(at('region.png'), (x) => x >= BORDER);
});

describe.each(['memory', 'flow'] as const)('a detector with a region, by %s', (method) => {
  let manifest: BundleManifest;
  beforeAll(async () => {
    manifest = await train(method);
  });

  it('keeps it, and gives a score and regions that what is outside does not change', async () => {
    await verifyBundle(folderBundle(at(method)));
    expect(manifest.region).toMatchObject({ width: 64, height: 64 });
    await withDetector(at(method), async (detector) => {
      for (const { path } of dataSet.items.filter(({ split }) => split === 'test').slice(0, 6)) {
        const image = await decodeImage(path);
        const [own, other] = await detector.predictBatch([image, spoiled(image)], { pixelThreshold: -1e9 });
        expect(other?.score).toBe(own?.score);
        expect(other?.map.data).toEqual(own?.map.data);
        const least = Math.min(...(own?.map.data ?? []));
        own?.map.data.forEach((value, i) => {
          if (i % 64 < 32) expect(value).toBe(least);
        });
        if (method === 'flow') expect(own?.score).toBe(Math.max(...(own?.map.data ?? [])));
      }
    });
  });

  it('has figures of what counts alone', async () => {
    await withDetector(at(method), async (detector) => {
      const { metrics, images } = await evaluateDetector(
        detector,
        dataSet.items.filter(({ split }) => split === 'test'),
      );
      expect(metrics.pixelImages).toBeGreaterThan(4);
      // Half of the pixels are outside, where nothing could be higher: with them the figure would be better than it is.
      const inside = images.flatMap(({ prediction, mask, item }) =>
        mask || item.label === 'good'
          ? [...prediction.map.data].flatMap((value, i) =>
              i % 64 < 33 ? [] : [{ value, bad: (mask?.data[i] ?? 0) !== 0 }],
            )
          : [],
      );
      const good = inside.filter(({ bad }) => !bad).map(({ value }) => value);
      const bad = inside.filter(({ bad: isBad }) => isBad).map(({ value }) => value);
      expect(good.length).toBeGreaterThan(0);
      expect(bad.length).toBeGreaterThan(0);
      expect(Math.abs((metrics.pixelAuroc as number) - auroc(good, bad))).toBeLessThan(1e-6);
    });
  });
});

/** The share of pairs in the right order. */
function auroc(good: number[], bad: number[]): number {
  const sorted = Float64Array.from(good).sort();
  const below = (value: number): number => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle]! < value) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return bad.reduce((sum, value) => sum + below(value), 0) / (good.length * bad.length);
}

describe('a region', () => {
  it('of another shape than the images, or of nothing, is refused by its name', async () => {
    await writeMask(at('tall.png'), (x) => x > 20, { width: 48, height: 96 });
    await expect(train('memory', { region: at('tall.png') })).rejects.toThrow(
      /tall\.png: the region is 48x96, and there are images of 128x96; expected one shape/,
    );
    await writeMask(at('black.png'), () => false);
    await expect(train('memory', { region: at('black.png') })).rejects.toThrow(
      /black\.png: the region leaves nothing of the picture/,
    );
    await expect(train('memory', { region: at('missing.png') })).rejects.toThrow(
      /missing\.png.*no such file/,
    );
  });
});

describe.each(['memory', 'flow'] as const)('regions of their own, by %s', (method) => {
  /** What counts begins here: elsewhere in each image, and never beyond the middle. */
  const borderOf = (index: number): number => 24 + 8 * (index % 5);
  const folder = (name: string): string => at(`${method}-${name}`);
  let manifest: BundleManifest;
  beforeAll(async () => {
    // The same images twice: with other pixels where they do not count.
    for (const [index, { name, path }] of dataSet.items.entries()) {
      const border = borderOf(index);
      const image = await decodeImage(path);
      const counts = (p: number): boolean => p % image.width >= border;
      for (const set of ['own', 'other']) {
        const data =
          set === 'own'
            ? image.data
            : image.data.map((value, i) => (counts(Math.trunc(i / 3)) ? value : i & 255));
        await write(join(folder(set), name), { ...image, data }, 3);
      }
      const mask = Uint8Array.from({ length: image.width * image.height }, (_, p) => (counts(p) ? 255 : 0));
      await write(join(folder('regions'), name), { ...image, data: mask }, 1);
    }
    manifest = await train(method, await trained('own'));
  });
  const trained = async (set: string): Promise<Partial<TrainDetectorOptions>> => ({
    dataSet: {
      ...dataSet,
      root: folder(set),
      items: dataSet.items.map((item) => ({ ...item, path: join(folder(set), item.name) })),
    },
    region: folder('regions'),
    output: folder(`${set}.cflow`),
  });

  it('take part in features, calibration, scores and figures, and nothing outside of them does', async () => {
    expect(manifest.regionPerImage).toBe(true);
    expect(manifest.region).toBeUndefined();
    expect(manifest.metrics?.pixelImages).toBeGreaterThan(4);
    const other = await train(method, await trained('other'));
    expect(other.calibration).toEqual(manifest.calibration);
    expect(other.thresholds).toEqual(manifest.thresholds);
    expect(other.metrics).toEqual(manifest.metrics);
    for (const file of ['decoders.safetensors', 'head.onnx']) {
      expect(other.files[file]?.sha256, file).toBe(manifest.files[file]?.sha256);
    }
  });

  it('are given with an image that is scored: outside is lowest, and without one it is said', async () => {
    const { dataSet: set } = await trained('own');
    const item = (set as DataSet).items.find(({ label }) => label === 'bad') as DataSetItem;
    const regionPath = join(folder('regions'), item.name);
    await withDetector(folder('own.cflow'), async (detector) => {
      const { images } = await evaluateDetector(detector, [{ ...item, regionPath }]);
      const [{ prediction }] = images as [EvaluatedImage];
      const { map, score, warnings } = prediction;
      const least = Math.min(...map.data);
      const border = borderOf(dataSet.items.findIndex(({ name }) => name === item.name)) / 2;
      map.data.forEach((value, i) => {
        if (i % 64 < border) expect(value).toBe(least);
      });
      expect(warnings).toBeUndefined();
      if (method === 'flow') expect(score).toBe(Math.max(...map.data));
      const whole = await detector.predict(await decodeImage(item.path));
      expect(whole.warnings).toEqual([expect.stringContaining('give its region')]);
    });
  });

  it('are refused where the bundle has one for all', async () => {
    const items = dataSet.items.map((item) => ({ ...item, regionPath: at('region.png') }));
    await withDetector(at(method), async (detector) => {
      await expect(evaluateDetector(detector, items)).rejects.toThrow(/the detector has a region/);
    });
  });
});

async function write(path: string, { data, width, height }: RgbImage, channels: 1 | 3): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await sharp(data, { raw: { width, height, channels } }).png().toFile(path);
}
