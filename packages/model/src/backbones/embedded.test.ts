import { readFileSync } from 'node:fs';
import { type Float32Tensor, float32, uint8 } from '@cflow/onnx';
import { ConfigurationError } from '@cflow/spec';
import { beforeAll, describe, expect, it } from 'vitest';
import { numbers, runGraph } from '../testing/run-graph.js';
import { readObjectronModel } from '../weights/embedded-cache.js';
import { embeddedBackboneGraph } from '../weights/objectron.js';
import type { Architecture } from './architecture.js';
import { buildBackbone } from './build-backbone.js';
import { describeArchitecture } from './describe.js';
import { embeddedArchitecture } from './embedded.js';
import { randomSource } from './weight-source.js';

interface Golden {
  cases: {
    height: number;
    width: number;
    taps: { name: string; shape: number[]; mean: number; std: number; indices: number[]; values: number[] }[];
  }[];
}

// What TFLite's own interpreter computes from the same file.
const golden: Golden = JSON.parse(
  readFileSync(new URL('../weights/testdata/embedded-backbone.json', import.meta.url), 'utf8'),
);

/** The fixed noise that the golden values were made from, [1, 3, height, width] in [-1, 1]. */
function noise(height: number, width: number): Float32Tensor {
  const data = new Float32Array(3 * height * width);
  for (let i = 0; i < data.length; i++) {
    let v = Math.imul(i, 2654435761);
    v = Math.imul(v ^ (v >>> 15), 2246822519);
    v ^= v >>> 13;
    data[i] = (v >>> 24) / 127.5 - 1;
  }
  return float32([1, 3, height, width], data);
}

describe('the embedded backbone as an ONNX graph', () => {
  let architecture: Architecture;
  beforeAll(async () => {
    architecture = embeddedArchitecture(embeddedBackboneGraph(await readObjectronModel()));
  });
  // It has its own weights.
  const source = randomSource(0);

  for (const { height, width, taps } of golden.cases) {
    it(`computes what TFLite computes at ${height} x ${width}`, async () => {
      const { graph, layers } = buildBackbone(architecture, source, {
        inputSize: [height, width],
        input: 'normalized',
      });
      expect(layers.map(({ name, channels, height: h, width: w }) => [name, 1, channels, h, w])).toEqual(
        taps.map(({ name, shape }) => [name, ...shape]),
      );
      const outputs = await runGraph(graph, { image: noise(height, width) });
      for (const { name, std, mean, indices, values } of taps) {
        const data = numbers(outputs, name);
        const largest = Math.max(...indices.map((at, i) => Math.abs(data[at]! - values[i]!) / std));
        expect(largest, name).toBeLessThan(1e-4);
        expect(Math.abs(data.reduce((sum, value) => sum + value, 0) / data.length - mean) / std).toBeLessThan(
          1e-5,
        );
      }
    });
  }

  it('brings pixels to [-1, 1]', async () => {
    const { graph } = buildBackbone(architecture, source, { inputSize: [64, 64] });
    const normalized = buildBackbone(architecture, source, { inputSize: [64, 64], input: 'normalized' });
    const pixels = Uint8Array.from({ length: 3 * 64 * 64 }, (_, i) => (i * 7919) % 256);
    const found = await runGraph(graph, { image: uint8([1, 3, 64, 64], pixels) });
    const expected = await runGraph(normalized.graph, {
      image: float32(
        [1, 3, 64, 64],
        Float32Array.from(pixels, (pixel) => pixel / 127.5 - 1),
      ),
    });
    const a = numbers(found, 'expanded_conv_16/project');
    const b = numbers(expected, 'expanded_conv_16/project');
    expect(Math.max(...a.map((value, i) => Math.abs(value - b[i]!)))).toBeLessThan(1e-4);
  });

  it('taps any of its layers, and no other', () => {
    const { layers } = buildBackbone(architecture, source, {
      inputSize: [96, 64],
      layers: ['expanded_conv_8/add', 'Conv'],
    });
    expect(layers).toEqual([
      { name: 'Conv', channels: 32, height: 48, width: 32 },
      { name: 'expanded_conv_8/add', channels: 64, height: 6, width: 4 },
    ]);
    expect(() => buildBackbone(architecture, source, { inputSize: [64, 64], layers: ['layer2'] })).toThrow(
      ConfigurationError,
    );
  });

  it('is described with the strides of its taps', () => {
    const { layers, defaultLayers, parameters, timm } = describeArchitecture(architecture);
    expect(timm).toBeUndefined();
    expect(layers.filter(({ name }) => defaultLayers.includes(name))).toEqual([
      { name: 'expanded_conv_5/add', channels: 32, stride: 8 },
      { name: 'expanded_conv_12/add', channels: 96, stride: 16 },
      { name: 'expanded_conv_16/project', channels: 320, stride: 32 },
    ]);
    expect(parameters).toBeGreaterThan(1_700_000);
    expect(parameters).toBeLessThan(1_900_000);
  });
});
