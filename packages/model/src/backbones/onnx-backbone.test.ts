import { readFileSync } from 'node:fs';
import {
  type ForeignModel,
  float32,
  Graph,
  internalizeWeights,
  mergeModels,
  op,
  readModel,
  type Tensor,
  uint8,
  writeModel,
} from '@cflow/onnx';
import { ConfigurationError, WeightsError } from '@cflow/spec';
import { describe, expect, it, vi } from 'vitest';
import { packModel } from '../pack-model.js';
import { decoderTensorName, headGraph } from '../scoring/head-graph.js';
import { formulaImage, formulaTensor } from '../testing/formula-tensor.js';
import { smallDecoder, trainedLikeParameters } from '../testing/random-decoder.js';
import { numbers, runGraph } from '../testing/run-graph.js';
import { runModel } from '../testing/run-model.js';
import { readSafetensors } from '../weights/safetensors.js';
import { type BackboneOptions, weightTensors } from './backbone.js';
import { suggestTaps } from './check-taps.js';
import { findImageInput } from './find-image-input.js';
import { buildOnnxBackbone, type OnnxNetwork } from './onnx-backbone.js';

const fixture = (name: string): Uint8Array => readFileSync(new URL(`testdata/${name}`, import.meta.url));

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

function network(bytes: Uint8Array, more: Partial<OnnxNetwork> = {}): OnnxNetwork {
  const model = readModel(bytes);
  return { name: 'net.onnx', model, image: findImageInput('net.onnx', model), run: runModel, ...more };
}

async function caught(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}

/** A small network by our own builder, for images of one fixed size, with a second input and a head. */
function own(options: { batch?: number; type?: 'float32' | 'float16' } = {}): Graph {
  const { batch = 'n', type = 'float32' } = options;
  const graph = new Graph('own');
  const x = graph.input('pixels', type, [batch, 3, 64, 64]);
  const other = graph.input('other', 'float32', [1]);
  const weight = (name: string, dims: number[]) =>
    op.Cast(graph.constant(formulaTensor(name, dims), name), type);
  const strided = { strides: [2, 2], pads: [1, 1, 1, 1] } as const;
  const a = op.Relu(op.Conv(x, weight('a.weight', [8, 3, 3, 3]), weight('a.bias', [8]), strided));
  const b = op.Relu(op.Conv(a, weight('b.weight', [16, 8, 3, 3]), weight('b.bias', [16]), strided));
  graph.output('a', a);
  graph.output('b', b);
  graph.output('shifted', op.Add(op.Cast(b, 'float32'), other));
  graph.output('pooled', op.Reshape(op.GlobalAveragePool(b), [batch, 16]));
  graph.output('constant', op.Mul(graph.constant(formulaTensor('c.bias', [4]), 'c'), graph.scalar(2)));
  return graph;
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
          expect(Math.abs((data[i * stride] as number) - value) / deviation).toBeLessThan(1e-5);
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

  it('takes normalised numbers, or another normalisation', async () => {
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
      expect(value).toBeCloseTo(b[i] as number, 5);
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
    expect(scores[0]).toBeCloseTo(numbers(apart, 'score')[0] as number, 5);
  });
});

describe('layers of an ONNX file', () => {
  const build = (layers: string[], more: Partial<OnnxNetwork> = {}) =>
    buildOnnxBackbone(network(writeModel(own()), more), { inputSize: [64, 64], layers });

  it('have to be named, and the error suggests some', async () => {
    const error = await caught(build([]));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as ConfigurationError).details.suggested).toEqual(['a', 'b', 'shifted']);
    const { model } = network(fixture('torch-net.onnx'));
    expect(suggestTaps(model)).toEqual([
      '/Relu_output_0',
      '/stage1/HardSwish_output_0',
      '/stage2/HardSwish_output_0',
      '/stage3/HardSwish_output_0',
    ]);
  });

  it.each([
    [['aa', 'b'], /no tensor "aa".*Near names|no tensor "aa"/],
    [['pixels'], /no tensor "pixels"/],
    [['a', 'a'], /named twice/],
    [['pooled'], /"pooled" is float32 \[2, 16\].*feature map/],
    [['shifted'], /depend on "other"/],
    [['constant'], /depend on no input at all/],
  ])('refuses %j', async (layers, message) => {
    const error = await caught(build(layers));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toMatch(message);
  });

  it('need a free batch size', async () => {
    const bytes = writeModel(own({ batch: 1 }));
    // The runtime itself makes nothing of the fixed size in the trunk, so this model works.
    const { layers } = await buildOnnxBackbone(network(bytes), { inputSize: [64, 64], layers: ['b'] });
    expect(layers).toEqual([{ name: 'b', channels: 16, height: 16, width: 16 }]);

    const graph = new Graph('one');
    const x = graph.input('x', 'float32', [1, 3, 64, 64]);
    graph.output('y', op.Relu(op.Reshape(x, [1, 12, 32, 32])));
    const error = await caught(
      buildOnnxBackbone(network(writeModel(graph)), { inputSize: [64, 64], layers: ['y'] }),
    );
    expect(error).toBeInstanceOf(WeightsError);
    expect(error.message).toMatch(/exported for one image/);
  });

  it('are found without a runtime where the file says everything', async () => {
    const options = { inputSize: [64, 64], layers: ['a', 'b'] } as const;
    const declared = await buildOnnxBackbone(network(writeModel(own()), { run: undefined }), options);
    expect(declared.layers).toEqual((await buildOnnxBackbone(network(writeModel(own())), options)).layers);
    const error = await caught(
      buildOnnxBackbone(network(fixture('torch-net.onnx'), { run: undefined }), {
        inputSize: [64, 64],
        layers: ['/stage1/HardSwish_output_0'],
      }),
    );
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toContain('`run`');
  });

  it('are measured in one run of nothing but what is needed', async () => {
    const run = vi.fn(runModel);
    await build(['a'], { run });
    expect(run).toHaveBeenCalledTimes(1);
    const [bytes] = run.mock.calls[0] ?? [];
    expect(readModel(bytes as Uint8Array).nodes.map(({ opType }) => opType)).toEqual(['Conv', 'Relu']);
  });
});

describe('the image', () => {
  it('has the size that the file was exported for', async () => {
    const error = await caught(
      buildOnnxBackbone(network(writeModel(own())), { inputSize: [64, 96], layers: ['a'] }),
    );
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toContain('64 x 64');
  });

  it('goes into a float16 model, and float32 features come out', async () => {
    const opened = network(writeModel(own({ type: 'float16' })));
    const { graph } = await buildOnnxBackbone(opened, { inputSize: [64, 64], layers: ['b'] });
    const exact = await buildOnnxBackbone(network(writeModel(own())), { inputSize: [64, 64], layers: ['b'] });
    const image = formulaImage(64, 64);
    const half = numbers(await runGraph(graph, { image }), 'b');
    const full = numbers(await runGraph(exact.graph, { image }), 'b');
    expect(half).not.toEqual(full);
    half.forEach((value, i) => {
      expect(value).toBeCloseTo(full[i] as number, 1);
    });
  });

  const inputs = (
    ...list: [name: string, type: 'float32' | 'uint8', shape: (number | string)[]][]
  ): ForeignModel => ({
    ...readModel(writeModel(own())),
    inputs: list.map(([name, type, shape]) => ({ name, type, shape })),
  });

  it('is the one input that it can be', () => {
    const model = inputs(['mask', 'float32', [1]], ['x', 'float32', ['n', 3, '?', '?']]);
    expect(findImageInput('f', model).name).toBe('x');
  });

  it('is the input that was named', () => {
    const model = inputs(['x', 'float32', ['n', 3, 8, 8]], ['y', 'float32', ['n', 3, 8, 8]]);
    expect(findImageInput('f', model, 'y').name).toBe('y');
    expect(() => findImageInput('f', model)).toThrow(ConfigurationError);
    expect(() => findImageInput('f', model, 'z')).toThrow(/has no input "z".*"x".*"y"/);
  });

  it.each([
    ['channels last', inputs(['x', 'float32', ['n', 8, 8, 3]])],
    ['grey', inputs(['x', 'float32', ['n', 1, 8, 8]])],
    ['bytes', inputs(['x', 'uint8', ['n', 3, 8, 8]])],
    ['nothing', inputs()],
  ])('cannot be %s', (_, model) => {
    expect(() => findImageInput('f', model)).toThrow(WeightsError);
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
