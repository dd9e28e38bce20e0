import {
  float32,
  internalizeWeights,
  mergeModels,
  readModel,
  type Tensor,
  uint8,
  writeModel,
} from '@cflow/onnx';
import { WeightsError } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { packModel } from '../pack-model.js';
import { decoderTensorName, headGraph } from '../scoring/head-graph.js';
import { caught, fixture, network } from '../testing/onnx-network.js';
import { smallDecoder, trainedLikeParameters } from '../testing/random-decoder.js';
import { numbers, runGraph } from '../testing/run-graph.js';
import { runModel } from '../testing/run-model.js';
import { readSafetensors } from '../weights/safetensors.js';
import { type BackboneOptions, weightTensors } from './backbone.js';
import { buildOnnxBackbone } from './onnx-backbone.js';

interface Golden {
  layers: Record<string, { shape: number[]; mean: number; deviation: number; values: number[] }>;
}

// What PyTorch computes with the network that it exported: see testdata/make-onnx.py.
const golden: Golden = JSON.parse(fixture('torch-net.json').toString());

/** The noise of make-onnx.py. */
function noise(height: number, width: number): ReturnType<typeof uint8> {
  const pixels = new Uint8Array(3 * height * width);
  for (let i = 0; i < pixels.length; i++) {
    let v = Math.imul(i, 2654435761);
    v = Math.imul(v ^ (v >>> 15), 2246822519);
    v ^= v >>> 13;
    pixels[i] = v >>> 24;
  }
  return uint8([1, 3, height, width], pixels);
}

describe('a network that PyTorch exported', () => {
  const exported = [
    {
      file: 'torch-net.onnx',
      weights: 'in the file',
      taps: {
        stage1: '/stage1/HardSwish_output_0',
        stage2: '/stage2/HardSwish_output_0',
        stage3: '/stage3/HardSwish_output_0',
      },
    },
    {
      file: 'torch-net-external.onnx',
      weights: 'in another',
      taps: { stage1: 'hardswish', stage2: 'hardswish_1', stage3: 'hardswish_2' },
    },
  ] as const;

  for (const { file, weights, taps } of exported) {
    it(`gives the features that PyTorch has, weights ${weights}`, async () => {
      const opened = network(fixture(file), {
        readExternal: async ({ path, offset, length }) => fixture(path).subarray(offset, offset + length),
      });
      const options = { inputSize: [72, 100], layers: Object.values(taps).reverse() } as const;
      const { graph, layers } = await buildOnnxBackbone(opened, options);
      expect(layers.map(({ name }) => name)).toEqual(Object.values(taps));
      expect([...graph.initializers.keys()].some((name) => name.startsWith('head'))).toBe(false);
      const outputs = await runGraph(graph, { image: noise(72, 100) });
      for (const [index, [stage, tap]] of Object.entries(taps).entries()) {
        const { shape, values, mean, deviation } = golden.layers[stage] as Golden['layers'][string];
        const layer = layers[index];
        expect([1, layer?.channels, layer?.height, layer?.width]).toEqual(shape);
        const data = numbers(outputs, tap);
        const stride = Math.max(1, Math.floor(data.length / 20));
        values.forEach((value, i) => {
          expect(Math.abs(data[i * stride]! - value) / deviation).toBeLessThan(1e-5);
        });
        const found = data.reduce((sum, value) => sum + value, 0) / data.length;
        expect(Math.abs(found - mean) / deviation).toBeLessThan(1e-5);
      }
    });
  }

  it('stores weights in float16, and gives fibers, like any other backbone', async () => {
    const layers = ['/stage2/HardSwish_output_0'];
    const build = (options: Partial<BackboneOptions>) =>
      buildOnnxBackbone(network(fixture('torch-net.onnx')), { inputSize: [64, 64], layers, ...options });
    const full = await build({});
    const half = await build({ precision: 'float16', outputs: 'fibers' });
    const large = [...half.graph.initializers.values()].filter(({ data }) => data.length >= 256);
    expect(large.length).toBeGreaterThan(0);
    expect(large.every(({ type }) => type === 'float16')).toBe(true);
    const a = await runGraph(full.graph, { image: noise(64, 64) });
    const b = await runGraph(half.graph, { image: noise(64, 64) });
    const [name = ''] = layers;
    expect(b[name]?.dims).toEqual([1, 64, 12]);
    const [map, rows] = [numbers(a, name), numbers(b, name)];
    map.forEach((value, i) => {
      expect(rows[(i % 64) * 12 + Math.floor(i / 64)]).toBeCloseTo(value, 1);
    });
    expect(rows).not.toEqual(map);
  });

  it('is packed into a small graph and its weights, the same bytes each time', async () => {
    const pack = async () => {
      const options = { inputSize: [64, 64], layers: ['/stage3/HardSwish_output_0'] } as const;
      const { graph } = await buildOnnxBackbone(network(fixture('torch-net.onnx')), options);
      return packModel(graph, weightTensors(graph), 'w.safetensors');
    };
    const packed = await pack();
    expect(packed).toEqual(await pack());
    expect(packed.model.length).toBeLessThan(10_000);
    const { tensors } = readSafetensors(packed.weights);
    expect(tensors.get('stage3.conv1.weight')?.dims).toEqual([16, 12, 3, 3]);
    expect([...tensors.keys()].some((name) => name.startsWith('head'))).toBe(false);
    const whole = internalizeWeights(packed.model, new Map([['w.safetensors', packed.weights]]));
    const outputs = await runModel(whole, { image: noise(64, 64) });
    expect(outputs['/stage3/HardSwish_output_0']?.dims).toEqual([1, 16, 4, 4]);
  });

  it('takes normalized numbers, or another normalization', async () => {
    const layers = ['/stage1/HardSwish_output_0'];
    const options = { inputSize: [64, 64], layers } as const;
    const unit = { mean: [0, 0, 0], deviation: [1, 1, 1] } as const;
    const pixels = await buildOnnxBackbone(
      network(fixture('torch-net.onnx'), { normalization: unit }),
      options,
    );
    const plain = await buildOnnxBackbone(network(fixture('torch-net.onnx')), {
      ...options,
      input: 'normalized',
    });
    const image = noise(64, 64);
    const scaled = float32(
      image.dims,
      Float32Array.from(image.data as Uint8Array, (value) => value / 255),
    );
    const a = numbers(await runGraph(pixels.graph, { image }), layers[0] as string);
    const b = numbers(await runGraph(plain.graph, { image: scaled }), layers[0] as string);
    a.forEach((value, i) => {
      expect(value).toBeCloseTo(b[i]!, 5);
    });
  });
});

describe('a backbone of another operator set', () => {
  it('goes together with our head, in one model too', async () => {
    const opened = network(fixture('torch-net-external.onnx'), {
      readExternal: async ({ path, offset, length }) => fixture(path).subarray(offset, offset + length),
    });
    const layers = ['hardswish', 'hardswish_1'];
    const backbone = await buildOnnxBackbone(opened, { inputSize: [64, 64], layers });
    const model = writeModel(backbone.graph);
    expect(readModel(model).operatorSets.get('')).toBe(20);
    const shape = smallDecoder({ couplingBlocks: 2 });
    const parameters = new Map<string, Tensor>();
    for (const { name, channels } of backbone.layers) {
      const trained = trainedLikeParameters({ ...shape, channels }, 1);
      for (const [part, tensor] of Object.entries(trained))
        parameters.set(decoderTensorName(name, part), tensor);
    }
    const head = headGraph({
      layers: backbone.layers.map((layer) => ({ ...layer, decoder: { ...shape, channels: layer.channels } })),
      imageSize: [64, 64],
      parameters,
      normalization: { kind: 'fixed', maxLogLikelihood: [-1, -0.8], maxLikelihood: 1.7 },
    });
    const image = noise(64, 64);
    const apart = await runModel(writeModel(head), await runModel(model, { image }));
    const together = await runModel(mergeModels(model, writeModel(head)), { image });
    const scores = numbers(together, 'score');
    expect(scores.every(Number.isFinite)).toBe(true);
    expect(scores[0]).toBeCloseTo(numbers(apart, 'score')[0]!, 5);
  });
});

describe('weights in other files', () => {
  it('cannot be had without a way to read them', async () => {
    const opened = network(fixture('torch-net-external.onnx'));
    const error = await caught(buildOnnxBackbone(opened, { inputSize: [64, 64], layers: ['hardswish'] }));
    expect(error).toBeInstanceOf(WeightsError);
    expect(error.message).toContain('torch-net-external.onnx.data');
  });

  it('are read only as far as the deepest layer needs them', async () => {
    const read: string[] = [];
    const opened = network(fixture('torch-net-external.onnx'), {
      readExternal: async ({ path, offset, length }) => {
        read.push(`${offset}+${length}`);
        return fixture(path).subarray(offset, offset + length);
      },
    });
    await buildOnnxBackbone(opened, { inputSize: [64, 64], layers: ['relu'] });
    expect(read.length).toBe(1);
  });

  it('are refused when they are cut short', async () => {
    const opened = network(fixture('torch-net-external.onnx'), {
      readExternal: async ({ length }) => new Uint8Array(length - 1),
    });
    const error = await caught(buildOnnxBackbone(opened, { inputSize: [64, 64], layers: ['relu'] }));
    expect(error).toBeInstanceOf(WeightsError);
    expect(error.message).toContain('"stem.weight"');
  });
});
