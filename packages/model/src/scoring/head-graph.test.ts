import type { Tensor } from '@cflow/onnx';
import { ConfigurationError, WeightsError } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import type { DecoderShape } from '../decoder/decoder-shape.js';
import { randomTensor, smallDecoder, trainedLikeParameters } from '../testing/random-decoder.js';
import { numbers, runGraph } from '../testing/run-graph.js';
import type { Tensors } from '../testing/tensors.js';
import { float16ToFloat32, float32ToFloat16 } from '../weights/float16.js';
import {
  decoderTensorName,
  type HeadNormalization,
  type HeadOptions,
  headGraph,
  LOG_LIKELIHOOD,
  standardTensorName,
} from './head-graph.js';

const LAYERS = [
  { name: 'layer2', height: 6, width: 8, channels: 8, permuteSoft: false },
  { name: 'layer3', height: 3, width: 4, channels: 13, permuteSoft: true },
] as const;
const IMAGE = [24, 32] as const;
const FIXED: HeadNormalization = { kind: 'fixed', maxLogLikelihood: [-1, -0.8], maxLikelihood: 1.7 };

const shapeOf = ({ channels, permuteSoft }: (typeof LAYERS)[number]): DecoderShape =>
  smallDecoder({ channels, permuteSoft, couplingBlocks: 3 });

function parameters(convert: (tensor: Tensor) => Tensor = (tensor) => tensor): Map<string, Tensor> {
  const result = new Map<string, Tensor>();
  LAYERS.forEach((layer, index) => {
    const { name, height, width } = layer;
    const mean = randomTensor([1, 1, height, width], 20 + index);
    result.set(standardTensorName(name, 'mean'), mean);
    result.set(standardTensorName(name, 'deviation'), {
      type: 'float32',
      dims: [1],
      data: Float32Array.of(0.7),
    });
    for (const [name, tensor] of Object.entries(trainedLikeParameters(shapeOf(layer), index))) {
      result.set(decoderTensorName(layer.name, name), convert(tensor));
    }
  });
  return result;
}

const STANDARDIZED: HeadNormalization = { kind: 'standardized', maxLikelihood: 1.9 };

const head = (normalization?: HeadNormalization, tensors: Map<string, Tensor> = parameters()) =>
  headGraph({
    layers: LAYERS.map((layer) => ({ ...layer, decoder: shapeOf(layer) })),
    imageSize: IMAGE,
    normalization,
    parameters: tensors,
  });

const features = (batch: number): Tensors =>
  Object.fromEntries(
    LAYERS.map(({ name, channels, height, width }, i) => [
      name,
      randomTensor([batch, channels, height, width], i),
    ]),
  );

function pick(inputs: Tensors, images: readonly number[]): Tensors {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { dims, data }]) => {
      const size = data.length / dims[0]!;
      const chosen = new Float32Array(images.length * size);
      images.forEach((image, i) => {
        chosen.set((data as Float32Array).subarray(image * size, (image + 1) * size), i * size);
      });
      return [name, { type: 'float32', dims: [images.length, ...dims.slice(1)], data: chosen }];
    }),
  );
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i]!)), 0);
}

describe('headGraph', () => {
  it('gives an image the same map and score alone, in a batch, and beside other neighbors', async () => {
    const batch = features(3);
    const pixels = IMAGE[0] * IMAGE[1];
    for (const graph of [head(FIXED), head(STANDARDIZED)]) {
      const together = await runGraph(graph, batch);
      for (let image = 0; image < 3; image++) {
        const map = numbers(together, 'anomaly_map').subarray(image * pixels, (image + 1) * pixels);
        for (const images of [[image], [image, image, image, image, image]]) {
          const alone = await runGraph(graph, pick(batch, images));
          expect(largestDifference(numbers(alone, 'anomaly_map').subarray(0, pixels), map)).toBeLessThan(
            1e-6,
          );
          const scores = [numbers(alone, 'score')[0], numbers(together, 'score')[image]] as [number, number];
          expect(Math.abs(scores[0] - scores[1])).toBeLessThan(1e-6);
        }
      }
    }
  });

  it('does depend on the batch under the normalization of the reference', async () => {
    const graph = head({ kind: 'reference' });
    const batch = features(3);
    const together = numbers(await runGraph(graph, batch), 'score');
    const alone = await Promise.all(
      [0, 1, 2].map(async (image) => numbers(await runGraph(graph, pick(batch, [image])), 'score')[0]),
    );
    expect(largestDifference(Float32Array.from(alone as number[]), together)).toBeGreaterThan(1e-2);
  });

  it("scores an image by its map's maximum", async () => {
    const outputs = await runGraph(head(FIXED), features(2));
    expect(outputs.anomaly_map?.dims).toEqual([2, ...IMAGE]);
    const map = numbers(outputs, 'anomaly_map');
    const half = map.length / 2;
    expect([...numbers(outputs, 'score')]).toEqual([
      Math.max(...map.subarray(0, half)),
      Math.max(...map.subarray(half)),
    ]);
  });

  it('gives log-likelihoods only while there is no normalization', async () => {
    const outputs = await runGraph(head(), features(1));
    expect(Object.keys(outputs).sort()).toEqual([`${LOG_LIKELIHOOD}layer2`, `${LOG_LIKELIHOOD}layer3`]);
    expect(outputs[`${LOG_LIKELIHOOD}layer3`]?.dims).toEqual([1, 1, 3, 4]);
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['no layers', { layers: [] }, /at least one layer, got none/],
    ['no image size', { imageSize: undefined }, /the anomaly map needs a height and a width .* got none/],
    ['an image size of 24 x 0', { imageSize: [24, 0] }, /got 24 x 0/],
    [
      'a layer without its width',
      { layers: [{ name: 'layer2', decoder: shapeOf(LAYERS[0]), height: 6 }] },
      /layer "layer2" needs a height and a width/,
    ],
  ])('refuses %s, also from callers without types', (_, change, message) => {
    const options: HeadOptions = {
      layers: LAYERS.map((layer) => ({ ...layer, decoder: shapeOf(layer) })),
      imageSize: IMAGE,
      normalization: FIXED,
      parameters: parameters(),
    };
    const make = () => headGraph({ ...options, ...change } as HeadOptions);
    expect(() => headGraph(options)).not.toThrow();
    expect(make).toThrow(ConfigurationError);
    expect(make).toThrow(message);
  });

  it('names the standard of a layer that is missing', () => {
    const tensors = parameters();
    tensors.delete(standardTensorName('layer3', 'mean'));
    expect(() => head(FIXED, tensors)).not.toThrow();
    expect(() => head(STANDARDIZED, tensors)).toThrow(
      /"standards.layer3.mean" of shape \[1, 1, 3, 4\], got none/,
    );
  });

  it('names a parameter that is missing, and one of another shape', () => {
    const name = decoderTensorName('layer3', 'module_list.1.subnet.0.bias');
    const missing = parameters();
    missing.delete(name);
    const misshapen = parameters();
    misshapen.set(name, { type: 'float32', dims: [3], data: new Float32Array(3) });
    for (const [tensors, found] of [
      [missing, 'none'],
      [misshapen, '\\[3\\]'],
    ] as const) {
      const make = () => head(FIXED, tensors);
      expect(make).toThrow(WeightsError);
      expect(make).toThrow(new RegExp(`"${name}" of shape \\[\\d+\\], got ${found}`));
    }
  });

  it('takes a first block without a subnet for one that only standardizes, and a part of a subnet for a mistake', async () => {
    const names = [...parameters().keys()].filter((name) => /layer2\.module_list\.0\.subnet/.test(name));
    expect(names).toHaveLength(4);
    const zero = parameters();
    const without = parameters();
    for (const name of names) {
      const { dims, data } = zero.get(name) as Tensor;
      if (/subnet\.2/.test(name))
        zero.set(name, { type: 'float32', dims, data: new Float32Array(data.length) });
      without.delete(name);
    }
    const [expected, found] = await Promise.all(
      [zero, without].map(async (tensors) =>
        numbers(await runGraph(head(FIXED, tensors), features(2)), 'anomaly_map'),
      ),
    );
    expect(largestDifference(expected as Float32Array, found as Float32Array)).toBe(0);
    without.set(names[0] as string, parameters().get(names[0] as string) as Tensor);
    expect(() => head(FIXED, without)).toThrow(WeightsError);
  });

  it('computes in float32 what is stored in float16', async () => {
    const half = (tensor: Tensor): Tensor =>
      tensor.type === 'float32'
        ? { type: 'float16', dims: tensor.dims, data: float32ToFloat16(tensor.data as Float32Array) }
        : tensor;
    const rounded = (tensor: Tensor): Tensor => {
      const { type, dims, data } = half(tensor);
      return type === 'float16'
        ? { type: 'float32', dims, data: float16ToFloat32(data as Uint16Array) }
        : tensor;
    };
    const [stored, expected, exact] = await Promise.all(
      [half, rounded, (tensor: Tensor) => tensor].map(async (convert) =>
        numbers(await runGraph(head(FIXED, parameters(convert)), features(2)), 'anomaly_map'),
      ),
    );
    expect(largestDifference(stored as Float32Array, expected as Float32Array)).toBe(0);
    expect(largestDifference(stored as Float32Array, exact as Float32Array)).toBeGreaterThan(0);
    expect(largestDifference(stored as Float32Array, exact as Float32Array)).toBeLessThan(5e-3);
  });
});
