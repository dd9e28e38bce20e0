import { Graph } from '@cflow/onnx';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { randomTensor, smallDecoder, trainedLikeParameters } from '../testing/random-decoder.js';
import { numbers, runGraph } from '../testing/run-graph.js';
import type { Tensors } from '../testing/tensors.js';
import type { DecoderShape } from './decoder-shape.js';
import { foldedDecoder } from './folded-decoder.js';
import { likelihoodGraph } from './likelihood-graph.js';
import { positionalEncoding } from './positional-encoding.js';

interface Case {
  shape: DecoderShape;
  batch: number;
  height: number;
  width: number;
  seed: number;
  /** Whether the first block only standardizes: its subnet is 0. */
  standardizing: boolean;
}

const cases: fc.Arbitrary<Case> = fc
  .record({
    channels: fc.constantFrom(2, 3, 5, 8, 16, 33),
    conditionVector: fc.constantFrom(0, 4, 8, 32),
    couplingBlocks: fc.integer({ min: 1, max: 8 }),
    permuteSoft: fc.boolean(),
    clampAlpha: fc.constantFrom(0.5, 1.9),
    batch: fc.integer({ min: 1, max: 3 }),
    height: fc.integer({ min: 1, max: 6 }),
    width: fc.integer({ min: 1, max: 6 }),
    seed: fc.nat(1000),
    standardizing: fc.boolean(),
  })
  .map(({ batch, height, width, seed, standardizing, ...shape }) => ({
    shape: smallDecoder(shape),
    batch,
    height,
    width,
    seed,
    standardizing,
  }));

/** The last layer of the first subnet at 0, as training leaves it where the first block only standardizes. */
function silenced(parameters: Tensors): Tensors {
  const result = { ...parameters };
  for (const name of ['module_list.0.subnet.2.weight', 'module_list.0.subnet.2.bias']) {
    const { dims } = result[name] as Tensors[string];
    const count = dims.reduce((product, dim) => product * dim, 1);
    result[name] = { type: 'float32', dims, data: new Float32Array(count) };
  }
  return result;
}

/**
 * Both ways compute the same in float32 and round differently, and what one block has rounded passes through all that
 * follow: four units in the last place per block are twice the most that was seen in 1500 examples.
 */
const tolerance = (couplingBlocks: number): number => 4 * 2 ** -23 * (couplingBlocks + 1);

it('is the decoder, for all positions at once and of any shape', async () => {
  await fc.assert(
    fc.asyncProperty(cases, async (example) => {
      const trained = trainedLikeParameters(example.shape, example.seed);
      const parameters = example.standardizing ? silenced(trained) : trained;
      const { channels } = example.shape;
      const dims = [example.batch, channels, example.height, example.width];
      const features = randomTensor(dims, example.seed);
      const [folded, unfolded] = await Promise.all([
        runFolded(example, parameters, features.data),
        runUnfolded(example, parameters, features.data),
      ]);
      expect(folded.length).toBe(unfolded.length);
      unfolded.forEach((expected, i) => {
        const difference = Math.abs(folded[i]! - expected) / Math.max(1, Math.abs(expected));
        expect(difference, `position ${i}: ${folded[i]} against ${expected}`).toBeLessThanOrEqual(
          tolerance(example.shape.couplingBlocks),
        );
      });
    }),
    { numRuns: 40 },
  );
});

it('spends nothing on a first block that only standardizes', () => {
  const shape = smallDecoder();
  const nodes = (parameters: Tensors): string[] => {
    const graph = new Graph('folded');
    const features = graph.input('features', 'float32', ['batch', shape.channels, 2, 2]);
    foldedDecoder(features, shape, new Map(Object.entries(parameters)));
    return graph.nodes.map(({ operator }) => operator);
  };
  const parameters = trainedLikeParameters(shape, 1);
  const count = (operators: string[], operator: string): number =>
    operators.filter((each) => each === operator).length;
  const [whole, silent] = [nodes(parameters), nodes(silenced(parameters))];
  expect([count(whole, 'Tanh'), count(silent, 'Tanh')]).toEqual([2, 1]);
  expect(count(silent, 'Gemm')).toBeLessThan(count(whole, 'Gemm'));
});

async function runFolded(
  { shape, batch, height, width }: Case,
  parameters: Tensors,
  features: Float32Array,
): Promise<Float32Array> {
  const graph = new Graph('folded');
  const input = graph.input('features', 'float32', ['batch', shape.channels, height, width]);
  graph.output('log_likelihood', foldedDecoder(input, shape, new Map(Object.entries(parameters))));
  const dims = [batch, shape.channels, height, width];
  const outputs = await runGraph(graph, { features: { type: 'float32', dims, data: features } });
  expect(outputs.log_likelihood?.dims).toEqual([batch, 1, height, width]);
  return numbers(outputs, 'log_likelihood');
}

async function runUnfolded(
  { shape, batch, height, width }: Case,
  parameters: Tensors,
  features: Float32Array,
): Promise<Float32Array> {
  const area = height * width;
  const { channels, conditionVector } = shape;
  const rows = new Float32Array(features.length);
  features.forEach((value, i) => {
    const [image, channel, position] = [
      Math.floor(i / (channels * area)),
      Math.floor(i / area) % channels,
      i % area,
    ];
    rows[(image * area + position) * channels + channel] = value;
  });
  const feeds: Tensors = {
    ...parameters,
    features: { type: 'float32', dims: [batch * area, channels], data: rows },
  };
  if (conditionVector > 0) {
    const encoding = positionalEncoding(conditionVector, height, width);
    const tiled = new Float32Array(batch * encoding.length);
    for (let image = 0; image < batch; image++) tiled.set(encoding, image * encoding.length);
    feeds.condition = { type: 'float32', dims: [batch * area, conditionVector], data: tiled };
  }
  return numbers(await runGraph(likelihoodGraph(shape), feeds), 'log_likelihood');
}
