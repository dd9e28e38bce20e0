// Every architecture, in each layout of names, against PyTorch: see testdata/make-golden.py.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fnv1a, formulaImage } from '../testing/formula-tensor.js';
import { formulaWeights, trunkShapes } from '../testing/formula-weights.js';
import { runGraph } from '../testing/run-graph.js';
import { StateDict } from '../weights/state-dict.js';
import { buildBackbone } from './build-backbone.js';
import { ARCHITECTURES, findArchitecture } from './registry.js';
import { stateDictSource } from './weight-source.js';

interface Case {
  architecture: string;
  layout: 'timm' | 'torchvision';
  height: number;
  width: number;
  tensors: number;
  layoutDigest: number;
  layers: { name: string; shape: number[]; mean: number; deviation: number; values: number[] }[];
}

const golden: { cases: Case[] } = JSON.parse(
  readFileSync(new URL('testdata/torch-backbones.json', import.meta.url), 'utf8'),
);

describe('backbones against PyTorch', () => {
  it('covers every architecture that PyTorch has weights of', () => {
    expect(new Set(golden.cases.map(({ architecture }) => architecture))).toEqual(
      new Set(ARCHITECTURES.map(({ name }) => name).filter((name) => name !== 'resnet50_v1')),
    );
  });

  for (const { architecture: name, layout, height, width, tensors, layoutDigest, layers } of golden.cases) {
    const architecture = findArchitecture(name);

    it(`${name} takes the tensors that ${layout} has, and no others`, () => {
      const shapes = trunkShapes(architecture, layout);
      const lines = [...shapes].map(([tensor, dims]) => `${tensor} ${dims.join(',')}`).sort();
      expect(shapes.size).toBe(tensors);
      expect(fnv1a(lines.join('\n'))).toBe(layoutDigest);
    });

    it(`${name} computes from ${layout} weights what PyTorch computes`, async () => {
      const dict = new StateDict(formulaWeights(architecture, layout), { architecture: name });
      // Deep to shallow: the result is shallow to deep all the same.
      const wanted = layers.map((layer) => layer.name).reverse();
      const { graph, layers: built } = buildBackbone(architecture, stateDictSource(dict), {
        layers: wanted,
        inputSize: [height, width],
      });
      expect(built.map((layer) => layer.name)).toEqual(wanted.reverse());
      const outputs = await runGraph(graph, { image: formulaImage(height, width) });
      for (const [index, layer] of layers.entries()) {
        const output = outputs[layer.name];
        const { channels, height: h, width: w } = built[index] as (typeof built)[number];
        expect(output?.dims).toEqual(layer.shape);
        expect([1, channels, h, w]).toEqual(layer.shape);
        const data = output?.data as Float32Array;
        const samples = layer.values.map(
          (_, i) => data[Math.floor((i * (data.length - 1)) / (layer.values.length - 1))]!,
        );
        const scale = layer.deviation;
        layer.values.forEach((value, i) => {
          expect(Math.abs(samples[i]! - value) / scale, `${layer.name}, sample ${i}`).toBeLessThan(2e-5);
        });
        const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
        const deviation = Math.sqrt(data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length);
        expect(Math.abs(mean - layer.mean) / scale).toBeLessThan(2e-5);
        expect(deviation / layer.deviation).toBeCloseTo(1, 5);
      }
    });
  }
});
