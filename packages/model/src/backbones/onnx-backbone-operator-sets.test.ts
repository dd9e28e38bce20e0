import { float32, mergeModels, readModel, type Tensor, uint8, writeModel } from '@cflow/onnx';
import { plainModel, plainNode } from '@cflow/onnx/testing';
import { describe, expect, it } from 'vitest';
import { decoderTensorName, headGraph, standardTensorName } from '../scoring/head-graph.js';
import { network } from '../testing/onnx-network.js';
import { randomTensor, smallDecoder, trainedLikeParameters } from '../testing/random-decoder.js';
import { numbers } from '../testing/run-graph.js';
import { runModel } from '../testing/run-model.js';
import { buildOnnxBackbone } from './onnx-backbone.js';

const SIZE = [32, 48] as const;
const pixels = uint8(
  [2, 3, ...SIZE],
  Uint8Array.from({ length: 2 * 3 * 32 * 48 }, (_, i) => (i * 7919) % 251),
);
const scaled = (dims: readonly number[], seed: number) => {
  const { data } = randomTensor(dims, seed);
  return float32(
    dims,
    data.map((value) => value / 4),
  );
};

// Names of nodes are told apart by what they make.
const node = (
  operator: string,
  input: string[],
  output: string[],
  attributes: Parameters<typeof plainNode>[3] = {},
) => plainNode(operator, input, output, attributes, { name: `${output[0]}` });

/** Two convolutions of another program, in an operator set. */
const convolutions = (opset: number) =>
  plainModel({
    opset,
    nodes: [
      node('Conv', ['pixels', 'w0'], ['c0'], { pads: [1, 1, 1, 1], strides: [2, 2] }),
      node('Relu', ['c0'], ['shallow']),
      node('Conv', ['shallow', 'w1'], ['c1'], { pads: [1, 1, 1, 1], strides: [2, 2] }),
      node('Relu', ['c1'], ['deep']),
    ],
    inputs: { pixels: ['float32', ['n', 3, 'h', 'w']] },
    outputs: { deep: ['float32', ['n', 8, 'h4', 'w4']] },
    constants: { w0: scaled([6, 3, 3, 3], 1), w1: scaled([8, 6, 3, 3], 2) },
  });

async function detector(
  opset: number,
  { permuteSoft, standardized }: { permuteSoft: boolean; standardized: boolean },
) {
  const backbone = await buildOnnxBackbone(network(convolutions(opset)), {
    inputSize: SIZE,
    layers: ['shallow', 'deep'],
  });
  const parameters = new Map<string, Tensor>();
  const layers = backbone.layers.map((layer, index) => {
    const decoder = smallDecoder({ couplingBlocks: 2, permuteSoft, channels: layer.channels });
    for (const [part, tensor] of Object.entries(trainedLikeParameters(decoder, index)))
      parameters.set(decoderTensorName(layer.name, part), tensor);
    parameters.set(
      standardTensorName(layer.name, 'mean'),
      randomTensor([1, 1, layer.height, layer.width], 5),
    );
    parameters.set(standardTensorName(layer.name, 'deviation'), float32([1], [0.7]));
    return { ...layer, decoder };
  });
  const head = headGraph({
    layers,
    imageSize: SIZE,
    parameters,
    normalization: standardized
      ? { kind: 'standardized', maxLikelihood: 0.5 }
      : { kind: 'fixed', maxLogLikelihood: [-1, -0.8], maxLikelihood: 1.7 },
  });
  return { backbone: writeModel(backbone.graph), head: writeModel(head) };
}

describe('a network of another operator set', () => {
  it.each(Array.from({ length: 15 }, (_, i) => 11 + i))(
    '%i goes together with our head in one model',
    async (opset) => {
      for (const permuteSoft of [false, true]) {
        for (const standardized of [false, true]) {
          const { backbone, head } = await detector(opset, { permuteSoft, standardized });
          const merged = mergeModels(backbone, head);
          expect(readModel(merged).operatorSets.get('')).toBe(opset);
          const apart = await runModel(head, await runModel(backbone, { image: pixels }));
          const together = await runModel(merged, { image: pixels });
          expect(together.anomaly_map?.dims).toEqual([2, ...SIZE]);
          numbers(together, 'anomaly_map').forEach((value, i) => {
            expect(value).toBeCloseTo(numbers(apart, 'anomaly_map')[i]!, 5);
          });
        }
      }
    },
  );
});

describe('the tokens of a transformer', () => {
  /** Patches of 8 x 8 pixels as tokens, behind leading ones. */
  const transformer = (leading: number) =>
    plainModel({
      nodes: [
        node('Conv', ['pixels', 'w'], ['patches'], { strides: [8, 8] }),
        node('Reshape', ['patches', 'rows'], ['columns']),
        node('Transpose', ['columns'], ['tokens'], { perm: [0, 2, 1] }),
        node('Shape', ['pixels'], ['shape']),
        node('Gather', ['shape', 'first'], ['n']),
        node('Concat', ['n', 'rest'], ['size'], { axis: 0 }),
        node('Expand', ['class', 'size'], ['classes']),
        node('Concat', ['classes', 'tokens'], ['all'], { axis: 1 }),
      ],
      inputs: { pixels: ['float32', ['n', 3, ...SIZE]] },
      outputs: { all: ['float32', ['n', leading + 24, 5]] },
      constants: {
        w: scaled([5, 3, 8, 8], 3),
        rows: { type: 'int64', dims: [3], data: BigInt64Array.of(0n, 5n, -1n) },
        first: { type: 'int64', dims: [1], data: BigInt64Array.of(0n) },
        rest: { type: 'int64', dims: [2], data: BigInt64Array.of(BigInt(leading), 5n) },
        class: float32([1, 1, 5], [9, 9, 9, 9, 9]),
      },
    });

  it.each([1, 2, 5])('become a map, %i leading ones left out', async (leading) => {
    const built = await buildOnnxBackbone(network(transformer(leading)), {
      inputSize: SIZE,
      layers: ['patches', 'all'],
    });
    expect(built.layers).toEqual([
      { name: 'patches', channels: 5, height: 4, width: 6 },
      { name: 'all', channels: 5, height: 4, width: 6 },
    ]);
    const { patches, all } = await runModel(writeModel(built.graph), { image: pixels });
    expect(all).toEqual(patches);
  });

  it('are suggested where they go on from block to block', async () => {
    const block = (x: string, y: string) => [
      node('LayerNormalization', [x, 'scale'], [`${y}_normed`]),
      node('Relu', [`${y}_normed`], [`${y}_mixed`]),
      node('Add', [x, `${y}_mixed`], [y]),
    ];
    const model = plainModel({
      nodes: [
        node('Conv', ['pixels', 'w'], ['patches'], { strides: [8, 8] }),
        node('Reshape', ['patches', 'rows'], ['columns']),
        node('Transpose', ['columns'], ['tokens'], { perm: [0, 2, 1] }),
        node('Add', ['tokens', 'scale'], ['embedded']),
        ...block('embedded', 'first'),
        ...block('first', 'second'),
        node('LayerNormalization', ['second', 'scale'], ['last']),
      ],
      inputs: { pixels: ['float32', ['n', 3, ...SIZE]] },
      outputs: { last: ['float32', ['n', 24, 5]] },
      constants: {
        w: scaled([5, 3, 8, 8], 3),
        rows: { type: 'int64', dims: [3], data: BigInt64Array.of(0n, 5n, -1n) },
        scale: float32([5], [1, 1, 1, 1, 1]),
      },
    });
    await expect(buildOnnxBackbone(network(model), { inputSize: SIZE, layers: [] })).rejects.toThrow(
      /Usual ones: embedded, first$/,
    );
    const { layers } = await buildOnnxBackbone(network(model), {
      inputSize: SIZE,
      layers: ['first', 'last'],
    });
    expect(layers.map(({ height, width }) => [height, width])).toEqual([
      [4, 6],
      [4, 6],
    ]);
  });

  it('are refused where no grid of patches has so many', async () => {
    const attempt = buildOnnxBackbone(network(transformer(17)), { inputSize: SIZE, layers: ['all'] });
    await expect(attempt).rejects.toThrow(/"all" is float32 \[2, 41, 5\].*tokens.*32 x 48 pixels/);
  });
});
