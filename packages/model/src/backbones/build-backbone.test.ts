import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { float32, type Graph } from '@cflow/onnx';
import { ConfigurationError, WeightsError } from '@cflow/spec';
import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { packModel } from '../pack-model.js';
import { formulaImage } from '../testing/formula-tensor.js';
import { formulaWeights } from '../testing/formula-weights.js';
import { numbers, runGraph } from '../testing/run-graph.js';
import { readSafetensors } from '../weights/safetensors.js';
import { StateDict } from '../weights/state-dict.js';
import { weightTensors } from './backbone.js';
import { buildBackbone } from './build-backbone.js';
import { ARCHITECTURES, findArchitecture } from './registry.js';
import { resnet } from './resnet.js';
import { randomSource, stateDictSource } from './weight-source.js';

const tiny = resnet('tiny', { depths: [1, 1, 2, 1], channels: [8, 8, 16, 24], bottleneck: false });
const tinySource = () =>
  stateDictSource(new StateDict(formulaWeights(tiny, 'timm'), { architecture: 'tiny' }));
const mobile = findArchitecture('mobilenet_v2');

function caught(action: () => unknown): Error {
  try {
    action();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}

const convolutions = (graph: Graph): number =>
  graph.nodes.filter(({ operator }) => operator === 'Conv').length;

describe('buildBackbone', () => {
  it('gives the default layers, shallow to deep', () => {
    const { layers } = buildBackbone(tiny, randomSource(1), { inputSize: [64, 96] });
    expect(layers).toEqual([
      { name: 'layer2', channels: 8, height: 8, width: 12 },
      { name: 'layer3', channels: 16, height: 4, width: 6 },
      { name: 'layer4', channels: 24, height: 2, width: 3 },
    ]);
  });

  it('sorts layers from shallow to deep, by whichever of their names', () => {
    const layers = ['features.13', 'blocks.2', 'features.0', 'blocks.1.0'];
    const built = buildBackbone(mobile, randomSource(1), { inputSize: [64, 64], layers }).layers;
    expect(built.map(({ name, channels, height }) => [name, channels, 64 / height])).toEqual([
      ['features.0', 32, 2],
      ['blocks.1.0', 24, 4],
      ['blocks.2', 32, 8],
      ['features.13', 96, 16],
    ]);
  });

  it('computes nothing behind the deepest layer', () => {
    const upTo = (layer: string) =>
      convolutions(buildBackbone(tiny, randomSource(1), { inputSize: [64, 64], layers: [layer] }).graph);
    // The stem, two per block, and a projection where a stage has a stride or other channels.
    expect(upTo('layer1')).toBe(1 + 3);
    expect(upTo('layer3.0')).toBe(1 + 3 + 3 + 3);
    expect(upTo('layer3')).toBe(1 + 3 + 3 + 3 + 2);
    expect(upTo('layer4')).toBe(1 + 3 + 3 + 3 + 2 + 3);
  });

  it('needs no weights behind the deepest layer', () => {
    const weights = formulaWeights(tiny, 'timm');
    for (const name of weights.keys()) if (name.startsWith('layer4')) weights.delete(name);
    const source = stateDictSource(new StateDict(weights, { architecture: 'tiny' }));
    expect(() =>
      buildBackbone(tiny, source, { inputSize: [64, 64], layers: ['layer2', 'layer3'] }),
    ).not.toThrow();
    const error = caught(() => buildBackbone(tiny, source, { inputSize: [64, 64] }));
    expect(WeightsError.isInstance(error)).toBe(true);
    expect(error.message).toContain('"layer4.0.conv1.weight"');
  });

  it.each(ARCHITECTURES.map(({ name }) => name))(
    '%s finds its default layers at strides 8, 16, 32',
    (name) => {
      const { layers } = buildBackbone(findArchitecture(name), zeroSource, { inputSize: [64, 128] });
      expect(layers.map(({ height, width }) => [64 / height, 128 / width])).toEqual([
        [8, 8],
        [16, 16],
        [32, 32],
      ]);
    },
  );

  it('says which layers there are when one is unknown', () => {
    const error = caught(() =>
      buildBackbone(tiny, randomSource(1), { inputSize: [64, 64], layers: ['layer2', 'layer5'] }),
    );
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toContain('"layer5"');
    expect(error.message).toContain('layer1, layer2, layer3, layer4');
    expect((error as ConfigurationError).details).toMatchObject({ unknown: ['layer5'] });
  });

  it.each([
    { layers: ['layer2', 'layer2'], message: '"layer2" is named twice' },
    { layers: ['layer4', 'layer4.0'], message: 'two names of one layer' },
  ])('refuses $layers', ({ layers, message }) => {
    const error = caught(() => buildBackbone(tiny, randomSource(1), { inputSize: [64, 64], layers }));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toContain(message);
  });

  it.each([
    [0, 64],
    [64, 31],
    [64.5, 64],
    [Number.NaN, 64],
    [64, 100_000],
  ])('refuses images of %d x %d', (height, width) => {
    expect(() => buildBackbone(tiny, randomSource(1), { inputSize: [height, width] })).toThrow(
      ConfigurationError,
    );
  });

  it.each([
    [100, 68],
    [33, 95],
  ])('says the size of the maps that it gives at %d x %d', async (height, width) => {
    for (const architecture of [tiny, mobile]) {
      const { graph, layers } = buildBackbone(architecture, randomSource(3), { inputSize: [height, width] });
      const outputs = await runGraph(graph, { image: formulaImage(height, width) });
      for (const layer of layers) {
        expect(outputs[layer.name]?.dims).toEqual([1, layer.channels, layer.height, layer.width]);
      }
    }
  });

  it('gives one row per position as fibers', async () => {
    const options = { inputSize: [64, 96], layers: ['layer2', 'layer3'] } as const;
    const maps = buildBackbone(tiny, tinySource(), options);
    const fibers = buildBackbone(tiny, tinySource(), { ...options, outputs: 'fibers' });
    expect(fibers.layers).toEqual(maps.layers);
    const feeds = { image: formulaImage(64, 96) };
    const a = await runGraph(maps.graph, feeds);
    const b = await runGraph(fibers.graph, feeds);
    for (const { name, channels, height, width } of maps.layers) {
      const positions = height * width;
      expect(b[name]?.dims).toEqual([1, positions, channels]);
      const map = numbers(a, name);
      const rows = numbers(b, name);
      const transposed = map.map((_, i) => map[(i % channels) * positions + Math.floor(i / channels)]!);
      expect(rows).toEqual(transposed);
    }
  });

  it('takes a batch of any size, image by image', async () => {
    const { graph } = buildBackbone(tiny, tinySource(), { inputSize: [64, 64], input: 'normalized' });
    const image = float32(
      [2, 3, 64, 64],
      Float32Array.from({ length: 2 * 3 * 64 * 64 }, (_, i) => Math.sin(i)),
    );
    const both = numbers(await runGraph(graph, { image }), 'layer3');
    const second = float32([1, 3, 64, 64], image.data.slice(3 * 64 * 64));
    const alone = numbers(await runGraph(graph, { image: second }), 'layer3');
    expect(largestDifference(both.slice(both.length / 2), alone)).toBeLessThan(1e-5);
  });
});

describe('precision', () => {
  it('float16 weights change features by less than a hundredth, and halve the file', async () => {
    const weights = formulaWeights(mobile, 'torchvision');
    const feeds = { image: formulaImage(64, 64) };
    const results = [];
    for (const precision of ['float32', 'float16'] as const) {
      const source = stateDictSource(new StateDict(weights, { architecture: mobile.name }));
      const { graph, layers } = buildBackbone(mobile, source, { inputSize: [64, 64], precision });
      const bytes = packModel(graph, weightTensors(graph), 'weights.safetensors').weights.length;
      results.push({ bytes, layers, outputs: await runGraph(graph, feeds) });
    }
    const [full, half] = results as [(typeof results)[0], (typeof results)[0]];
    expect(half.bytes / full.bytes).toBeLessThan(0.52);
    for (const { name } of full.layers) {
      const expected = numbers(full.outputs, name);
      const found = numbers(half.outputs, name);
      expect(found).not.toEqual(expected);
      expect(relativeDistance(found, expected), name).toBeLessThan(1e-2);
    }
  });

  it('refuses a weight that float16 cannot hold', () => {
    const weights = formulaWeights(tiny, 'timm');
    const bias = weights.get('layer1.0.bn1.bias');
    if (bias) (bias.data as Float32Array)[3] = -1e6;
    const source = () => stateDictSource(new StateDict(weights, { architecture: 'tiny' }));
    expect(() => buildBackbone(tiny, source(), { inputSize: [64, 64] })).not.toThrow();
    const error = caught(() => buildBackbone(tiny, source(), { inputSize: [64, 64], precision: 'float16' }));
    expect(error).toBeInstanceOf(WeightsError);
    expect(error.message).toContain('"layer1.0.conv1.bias"');
  });
});

describe('a packed backbone', () => {
  it.each(['float32', 'float16'] as const)('runs from two files in %s', async (precision) => {
    const { graph, layers } = buildBackbone(tiny, tinySource(), { inputSize: [64, 64], precision });
    const packed = packModel(graph, weightTensors(graph), 'weights.safetensors');
    expect(packed.model.length).toBeLessThan(20_000);
    const { tensors } = readSafetensors(packed.weights);
    expect(tensors.get('conv1.weight')).toMatchObject({ type: precision, dims: [64, 3, 7, 7] });
    expect(tensors.size).toBe(2 * convolutions(graph));

    const folder = await mkdtemp(join(tmpdir(), 'cflow-pack-'));
    try {
      await writeFile(join(folder, 'weights.safetensors'), packed.weights);
      await writeFile(join(folder, 'model.onnx'), packed.model);
      const session = await ort.InferenceSession.create(join(folder, 'model.onnx'), { logSeverityLevel: 3 });
      const { data, dims } = formulaImage(64, 64);
      const image = new ort.Tensor('uint8', data as Uint8Array, dims);
      const found = await session.run({ image });
      await session.release();
      const expected = await runGraph(graph, { image: formulaImage(64, 64) });
      for (const { name } of layers) {
        expect(largestDifference(found[name]?.data as Float32Array, numbers(expected, name))).toBe(0);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

/** The names and shapes of weights without the time to make them. */
const zeroSource: ReturnType<typeof randomSource> = {
  timm: false,
  convolution: (_names, dims) => ({
    weight: float32(dims, new Float32Array(dims.reduce((a, b) => a * b, 1))),
    bias: float32([dims[0]!], new Float32Array(dims[0]!)),
  }),
};

function largestDifference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length || a.length === 0) return Number.NaN;
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i]!)), 0);
}

/** |a - b| / |b| over all elements. */
function relativeDistance(a: Float32Array, b: Float32Array): number {
  const norm = (values: Float32Array) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  return norm(a.map((value, i) => value - b[i]!)) / norm(b);
}
