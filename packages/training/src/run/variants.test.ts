// Everything that a detector's configuration can be, each trained for an epoch and then opened and used.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadDetector } from '@cflow/detector';
import { folderBundle } from '@cflow/detector/node';
import { decodeImage } from '@cflow/images/node';
import { readSafetensors } from '@cflow/model';
import { nodeDevices } from '@cflow/runtime/node';
import type { DataSet } from '@cflow/spec';
import { beforeAll, describe, expect, it } from 'vitest';
import { renderDataSet } from '../testing/synth-data-set.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { tinyRun } from '../testing/tiny-run.js';
import { trainDetector } from './train-detector.js';
import type { TrainDetectorOptions } from './train-detector-options.js';

const root = temporaryFolder();
let dataSet: DataSet;
beforeAll(async () => {
  dataSet = await renderDataSet(join(root, 'data'), { train: 22, testGood: 1 });
});

const VARIANTS: readonly (readonly [string, Partial<TrainDetectorOptions>])[] = [
  [
    "the paper's recipe: soft permutation, its schedule, remainders left out",
    { preset: 'paper', configuration: { permuteSoft: true, fiberBatchSize: 20 } },
  ],
  ["the reference's recipe", { preset: 'anomalib', configuration: { fiberBatchSize: 20 } }],
  ['decoders without a condition', { configuration: { decoder: 'freia-flow' } }],
  ['a condition of 64', { configuration: { conditionVector: 64 } }],
  ['a condition of 4', { configuration: { conditionVector: 4 } }],
  ['standardized likelihoods', { configuration: { fusion: 'standardized' } }],
  [
    'standardized likelihoods in half precision',
    { precision: 'float16', configuration: { fusion: 'standardized' } },
  ],
  ['another clamp', { configuration: { clampAlpha: 0.7 } }],
  ['one coupling block', { configuration: { couplingBlocks: 1 } }],
  ['images that are not square', { configuration: { inputSize: [96, 64] } }],
  ['one layer of several', { configuration: { layers: ['expanded_conv_12/add'] } }],
  [
    'an untrained backbone, two layers, soft permutation',
    {
      configuration: {
        backbone: 'resnet18',
        preTrained: false,
        layers: ['layer2', 'layer3'],
        permuteSoft: true,
      },
    },
  ],
];

describe('trainDetector', () => {
  it.each(VARIANTS)('trains with %s', async (name, options) => {
    const output = join(root, name.replace(/\W+/g, '-'));
    const manifest = await trainDetector(tinyRun(dataSet, output, { ...options, overrides: { epochs: 1 } }));
    expect(manifest.configuration).toMatchObject(options.configuration ?? {});
    const [height, width] = manifest.configuration.inputSize;
    // What was asked for is what was trained: the shapes of the stored numbers say so.
    const { tensors } = readSafetensors(await readFile(join(output, 'decoders.safetensors')));
    for (const layer of manifest.layers) {
      const prefix = `decoders.${layer.name}.module_list`;
      const { decoder, couplingBlocks, permuteSoft } = manifest.configuration;
      const condition = decoder === 'freia-cflow' ? manifest.configuration.conditionVector : 0;
      expect(tensors.has(`${prefix}.${couplingBlocks - 1}.subnet.0.weight`)).toBe(true);
      expect(tensors.has(`${prefix}.${couplingBlocks}.subnet.0.weight`)).toBe(false);
      const passive = Math.ceil(layer.channels / 2);
      expect(tensors.get(`${prefix}.${couplingBlocks - 1}.subnet.0.weight`)?.dims).toEqual([
        2 * (passive + condition),
        passive + condition,
      ]);
      expect(tensors.has(`${prefix}.0.w_perm`)).toBe(permuteSoft);
      expect(tensors.has(`${prefix}.0.w_perm_index`)).toBe(!permuteSoft);
    }
    const devices = (await nodeDevices()).filter(({ device }) => device === 'cpu');
    const detector = await loadDetector(folderBundle(output), { devices });
    try {
      const [test] = dataSet.items.filter(({ split }) => split === 'test');
      const prediction = await detector.predict(await decodeImage(test?.path as string), { layers: true });
      expect([prediction.map.height, prediction.map.width]).toEqual([height, width]);
      expect(prediction.score).toBe(prediction.map.data.reduce((a, b) => Math.max(a, b)));
      expect(prediction.layers?.map(({ layer, height, width }) => [layer, height, width])).toEqual(
        manifest.layers.map((layer) => [layer.name, layer.height, layer.width]),
      );
      expect(prediction.falseAlarmProbability).toBeGreaterThan(0);
      expect(prediction.falseAlarmProbability).toBeLessThanOrEqual(1);
    } finally {
      await detector.dispose();
    }
  });
});
