// Images of more bits than 8, as cameras of inspection give them.
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { loadDetector } from '@cflow/detector';
import { folderBundle } from '@cflow/detector/node';
import { decodeImage, openDataSet } from '@cflow/images/node';
import { nodeDevices } from '@cflow/runtime/node';
import type { BundleManifest, DataSet } from '@cflow/spec';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TrainingEvent } from '../events.js';
import { renderDataSet } from '../testing/synth-data-set.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { trainDetector } from './train-detector.js';
import type { TrainDetectorOptions } from './train-detector-options.js';

const root = temporaryFolder();
const at = (name: string): string => join(root, name);
let original: DataSet;

/** A copy of the data set with samples of 16 bits, of which `drop` are left out at the lower end. */
async function deepCopy(name: string, drop: number): Promise<DataSet> {
  await cp(original.root, at(name), { recursive: true });
  for (const { path } of original.items) {
    const { data, info } = await sharp(await readFile(path))
      .raw()
      .toBuffer({ resolveWithObject: true });
    // Steps between those of 8 bits, so that nothing comes out even.
    const samples = Uint16Array.from(
      data,
      (value, i) => (value * 257 - ((i * 7919) % 200 < value ? 100 : 0)) >> drop,
    );
    const { width, height, channels } = info;
    const png = sharp(samples, { raw: { width, height, channels } }).toColourspace('rgb16').png();
    await writeFile(join(at(name), relative(original.root, path)), await png.toBuffer());
  }
  return openDataSet(at(name));
}

const train = (
  dataSet: DataSet,
  output: string,
  options: Partial<TrainDetectorOptions> = {},
): Promise<BundleManifest> =>
  trainDetector({
    ...{ dataSet, output: at(output), name: 'wood', preset: 'memory', device: 'cpu', threads: 2 },
    ...options,
    configuration: { inputSize: [64, 64], ...options.configuration },
  });

let full: BundleManifest;
let twelve: DataSet;
beforeAll(async () => {
  original = await renderDataSet(at('data'), { train: 20, testGood: 8, perDefect: 3 });
  full = await train(await deepCopy('full', 0), 'full.cflow');
  twelve = await deepCopy('twelve', 4);
});

describe('images of 12 bits in files of 16', () => {
  it('are found to be so, and are told apart as the same pixels at full scale are', async () => {
    const events: TrainingEvent[] = [];
    const manifest = await train(twelve, 'twelve.cflow', { onEvent: (event) => events.push(event) });
    expect(full.configuration.range).toBeUndefined();
    expect(manifest.configuration.range).toEqual({ low: 0, high: 4095 });
    expect(events[0]).toMatchObject({ type: 'data-set', report: { range: { high: 4095, told: false } } });
    const auroc = ({ metrics }: BundleManifest): number => metrics?.imageAuroc as number;
    expect(auroc(manifest)).toBeGreaterThan(0.7);
    expect(Math.abs(auroc(manifest) - auroc(full))).toBeLessThanOrEqual(0.005);
  });

  it('are scored with what the bundle keeps, and others with a warning', async () => {
    const detector = await loadDetector(folderBundle(at('twelve.cflow')), { devices: await nodeDevices() });
    try {
      const { range } = detector.manifest.configuration;
      const path = twelve.items.find(({ split }) => split === 'test')?.path as string;
      const prediction = await detector.predict(await decodeImage(path, { range }));
      expect(prediction.warnings).toBeUndefined();
      const other = path.replace('twelve', 'full');
      const { warnings } = await detector.predict(await decodeImage(other, { range }));
      expect(warnings?.[0]).toMatch(/lie outside of 0 to 4095/);
    } finally {
      await detector.dispose();
    }
  });

  it('are read by the range that is told; those that do not fit are left out where that is asked for', async () => {
    const range = { low: 0, high: 65_535 };
    const told = await train(twelve, 'told.cflow', { configuration: { range } });
    expect(told.configuration.range).toEqual(range);
    const narrow = { low: 0, high: 100 };
    await expect(
      train(twelve, 'narrow.cflow', { configuration: { range: narrow, outOfRange: 'error' } }),
    ).rejects.toThrow(/only 0 of 20 good images could be read/);
  });
});
