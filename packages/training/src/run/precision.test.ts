import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { loadDetector } from '@cflow/detector';
import { type Evaluation, evaluateDetector, folderBundle } from '@cflow/detector/node';
import { readSafetensors } from '@cflow/model';
import { nodeDevices } from '@cflow/runtime/node';
import type { BundleManifest, DataSet } from '@cflow/spec';
import { beforeAll, describe, expect, it } from 'vitest';
import { renderDataSet } from '../testing/synth-data-set.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { tinyRun } from '../testing/tiny-run.js';
import { trainDetector } from './train-detector.js';

const root = temporaryFolder();
const at = (name: string): string => join(root, name);

describe('a bundle of half precision', () => {
  let manifests: [BundleManifest, BundleManifest];
  let evaluations: [Evaluation, Evaluation];
  let dataSet: DataSet;

  beforeAll(async () => {
    dataSet = await renderDataSet(at('data'), { train: 32, testGood: 12, perDefect: 3 });
    const options = { overrides: { epochs: 6 }, configuration: { couplingBlocks: 4 } };
    const single = await trainDetector(tinyRun(dataSet, at('single'), options));
    const half = await trainDetector(tinyRun(dataSet, at('half'), { ...options, precision: 'float16' }));
    manifests = [single, half];
    const test = dataSet.items.filter(({ split }) => split === 'test');
    const evaluate = async (name: string): Promise<Evaluation> => {
      const devices = (await nodeDevices()).filter(({ device }) => device === 'cpu');
      const detector = await loadDetector(folderBundle(at(name)), { devices });
      try {
        return await evaluateDetector(detector, test);
      } finally {
        await detector.dispose();
      }
    };
    evaluations = [await evaluate('single'), await evaluate('half')];
  });

  it('takes half the room', async () => {
    expect(manifests.map(({ precision }) => precision)).toEqual(['float32', 'float16']);
    expect(await ratio('decoders.safetensors', 'single', 'half')).toBeLessThan(0.52);
    const { tensors } = readSafetensors(await readFile(join(at('half'), 'decoders.safetensors')));
    for (const [name, { type }] of tensors) {
      // Scales and offsets of channels that hardly vary are beyond half precision.
      const single = /global_(scale|offset)$/.test(name);
      expect(type, name).toBe(name.endsWith('w_perm_index') ? 'int64' : single ? 'float32' : 'float16');
    }
    // The backbone of these two is of half precision by its origin; one that is not is halved as well.
    const configuration = { backbone: 'resnet18', preTrained: false, layers: ['layer1'] };
    for (const precision of ['float32', 'float16'] as const) {
      const overrides = { epochs: 1 };
      await trainDetector(tinyRun(dataSet, at(precision), { precision, configuration, overrides }));
    }
    expect(await ratio('backbone.safetensors', 'float32', 'float16')).toBeLessThan(0.52);
  });

  it('takes at most 40 MB with ResNet-18 at 256 x 256, all files together', async () => {
    const configuration = {
      backbone: 'resnet18',
      preTrained: false,
      layers: ['layer2', 'layer3', 'layer4'],
      inputSize: [256, 256] as [number, number],
      couplingBlocks: 8,
      conditionVector: 128,
    };
    const overrides = { epochs: 1 };
    await trainDetector(
      tinyRun(dataSet, at('resnet18'), { precision: 'float16', configuration, overrides, evaluate: true }),
    );
    const files = await readdir(at('resnet18'));
    const sizes = await Promise.all(files.map(async (file) => (await stat(join(at('resnet18'), file))).size));
    const bytes = sizes.reduce((sum, size) => sum + size);
    expect(bytes).toBeLessThanOrEqual(40e6);
    // And not far less, or something is missing.
    expect(bytes).toBeGreaterThan(36e6);
  });

  it('scores as that of single precision does', () => {
    const [single, half] = evaluations;
    const spread = manifests[0].calibration.scoreSpread;
    const moved = single.images.map(({ prediction }, i) =>
      Math.abs(prediction.score - (half.images[i]?.prediction.score as number)),
    );
    // Measured: 0.0015 of the spread, and no AUROC moved by more than 0.00002.
    expect(Math.max(...moved)).toBeLessThan(1e-2 * spread);
    expect(Math.max(...moved)).toBeGreaterThan(0);
    for (const figure of ['imageAuroc', 'pixelAuroc', 'aupro'] as const) {
      const [a, b] = [single.metrics[figure]!, half.metrics[figure]!];
      expect(Math.abs(a - b)).toBeLessThanOrEqual(1e-3);
    }
    expect(manifests[1].calibration.scoreSpread / spread).toBeCloseTo(1, 2);
  });
});

async function ratio(file: string, single: string, half: string): Promise<number> {
  const [whole, halved] = await Promise.all([single, half].map((name) => stat(join(at(name), file))));
  return (halved?.size as number) / (whole?.size as number);
}
