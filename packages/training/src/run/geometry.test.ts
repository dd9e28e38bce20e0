// How pictures come to the network: what the bundle keeps of it, and what is then said of pictures of other shapes.
import { join } from 'node:path';
import { evaluateDetector } from '@cflow/detector/node';
import { decodeImage } from '@cflow/images/node';
import type { BundleManifest, DataSet, DetectorConfigurationInput, RgbImage } from '@cflow/spec';
import { beforeAll, describe, expect, it } from 'vitest';
import { renderDataSet } from '../testing/synth-data-set.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { withDetector } from '../testing/with-detector.js';
import { trainDetector } from './train-detector.js';

const root = temporaryFolder();
const at = (name: string): string => join(root, name);
const SIZE = { width: 240, height: 96 };
let dataSet: DataSet;

const train = (
  method: 'memory' | 'flow',
  name: string,
  configuration: DetectorConfigurationInput,
): Promise<BundleManifest> =>
  trainDetector({
    ...{ dataSet, output: at(name), name: 'wood', device: 'cpu', threads: 2 },
    preset: method === 'memory' ? 'memory' : 'fast',
    ...(method === 'flow' && { overrides: { epochs: 2 } }),
    configuration: {
      ...configuration,
      ...(method === 'flow' && { couplingBlocks: 2, conditionVector: 16 }),
    },
  });

const firstBad = async (): Promise<RgbImage> =>
  decodeImage(dataSet.items.find(({ label }) => label === 'bad')?.path as string);
const highest = (data: Float32Array): number => data.reduce((most, value) => Math.max(most, value));

beforeAll(async () => {
  dataSet = await renderDataSet(at('data'), { train: 20, testGood: 4, perDefect: 3, size: SIZE });
});

describe.each(['memory', 'flow'] as const)('the geometry of a detector, by %s', (method) => {
  const name = (geometry: string): string => `${method}-${geometry}.cflow`;

  it.each([
    // Of 240 x 96: 64 x 26 of a square are the picture's.
    ['pad', [64, 64], [64, 26]],
    // 160 x 64 cover it, of which 64 are looked at.
    ['crop', [64, 64], [160, 64]],
  ] as const)('%s keeps the shape, and the map is the picture’s', async (geometry, inputSize, size) => {
    const manifest = await train(method, name(geometry), { geometry, inputSize: [...inputSize] });
    expect(manifest.configuration).toMatchObject({ geometry, inputSize });
    expect(manifest.metrics?.pixelImages).toBe(16);
    await withDetector(at(name(geometry)), async (detector) => {
      const image = await firstBad();
      const { map, score, regions } = await detector.predict(image, { pixelThreshold: -1e30 });
      expect([map.width, map.height]).toEqual(size);
      expect(regions[0]?.box).toEqual({ x: 0, y: 0, width: image.width, height: image.height });
      if (method === 'flow') expect(score).toBe(highest(map.data));
      // Another shape, another map; the same score for the same picture alone and among others.
      const tall = { ...image, width: image.height, height: image.width };
      const [, second] = await detector.predictBatch([tall, image]);
      expect(second?.score).toBeCloseTo(score, 4);
      const [again] = await detector.predictBatch([tall]);
      expect(again?.map.height).toBeGreaterThan(again?.map.width as number);
    });
  });

  it('tiles see all of a picture, and know where in it they are', async () => {
    const manifest = await train(method, name('tiles'), {
      geometry: 'tiles',
      inputSize: [96, 224],
      tileSize: [96, 96],
    });
    expect(manifest.configuration).toMatchObject({ geometry: 'tiles', tileSize: [96, 96] });
    // Maps of the whole picture: the position is that in the picture.
    expect(manifest.layers.map(({ height, width }) => [height, width]).at(-1)).toEqual([3, 7]);
    await withDetector(at(name('tiles')), async (detector) => {
      const images = await Promise.all(dataSet.items.slice(0, 3).map(({ path }) => decodeImage(path)));
      const together = await detector.predictBatch(images);
      for (const [i, image] of images.entries()) {
        const { score, map } = await detector.predict(image);
        expect([map.width, map.height]).toEqual([224, 96]);
        expect(together[i]?.score).toBeCloseTo(score, 4);
        if (method === 'flow') expect(score).toBe(highest(map.data));
      }
      const { metrics } = await evaluateDetector(
        detector,
        dataSet.items.filter(({ split }) => split === 'test'),
      );
      expect(metrics.imageAuroc).toBe(manifest.metrics?.imageAuroc);
      expect(metrics.imageAuroc).toBeGreaterThan(0.6);
    });
  });

  it('squeezed is what it was before there was a choice, to the byte', async () => {
    const inputSize: [number, number] = [64, 96];
    const said = await train(method, name('squeeze'), { geometry: 'squeeze', inputSize });
    const unsaid = await train(method, name('unsaid'), { inputSize });
    expect(said.configuration).not.toHaveProperty('geometry');
    expect(said.configuration).toEqual(unsaid.configuration);
    const { 'report.html': _, ...files } = said.files;
    expect(unsaid.files).toMatchObject(files);
  });
});

it('is refused where it cannot be', async () => {
  const refused = (configuration: DetectorConfigurationInput) =>
    train('memory', 'refused.cflow', configuration);
  await expect(refused({ geometry: 'pad', tileSize: [64, 64] })).rejects.toThrow(
    /the geometry is pad; leave it out/,
  );
  await expect(refused({ geometry: 'tiles', inputSize: [100, 128], tileSize: [64, 64] })).rejects.toThrow(
    /multiples of 32 down, got 100; 96 would do/,
  );
  await expect(refused({ geometry: 'tiles', inputSize: [64, 128], tileSize: [96, 96] })).rejects.toThrow(
    /expected at least a tile/,
  );
  await expect(
    trainDetector({
      ...{ dataSet, output: at('refused.cflow'), name: 'wood', device: 'cpu', preset: 'memory' },
      configuration: { geometry: 'crop', inputSize: [64, 64] },
      region: dataSet.items.find(({ maskPaths }) => maskPaths)?.maskPaths?.[0],
    }),
  ).rejects.toThrow(/the geometry crop does not go with a region/);
});
