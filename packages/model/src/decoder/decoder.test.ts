import { describe, expect, it } from 'vitest';
import { plainDecoder, plainLogLikelihood, plainParameters } from '../testing/plain-decoder.js';
import { randomTensor, smallDecoder, trainedLikeParameters } from '../testing/random-decoder.js';
import { numbers, runGraph } from '../testing/run-graph.js';
import type { DecoderShape } from './decoder-shape.js';
import { likelihoodGraph } from './likelihood-graph.js';

const FIBERS = 5;

const shapes: [string, DecoderShape][] = [
  ['hard permutation', smallDecoder()],
  ['soft permutation', smallDecoder({ permuteSoft: true })],
  ['no condition', smallDecoder({ conditionVector: 0 })],
  ['odd channels', smallDecoder({ channels: 5 })],
  ['another clamp', smallDecoder({ clampAlpha: 0.7, couplingBlocks: 3 })],
];

async function run(shape: DecoderShape) {
  const parameters = trainedLikeParameters(shape, 3);
  const features = randomTensor([FIBERS, shape.channels], 1);
  const condition = randomTensor([FIBERS, shape.conditionVector], 2);
  const outputs = await runGraph(likelihoodGraph(shape), {
    ...parameters,
    features,
    ...(shape.conditionVector > 0 && { condition }),
  });
  const fiber = (index: number): [Float32Array, Float32Array] => [
    features.data.slice(index * shape.channels, (index + 1) * shape.channels),
    condition.data.slice(index * shape.conditionVector, (index + 1) * shape.conditionVector),
  ];
  return { outputs, fiber, parameters: plainParameters(parameters) };
}

describe('decoder', () => {
  it.each(shapes)('equals the formulas written out fiber by fiber: %s', async (_, shape) => {
    const { outputs, fiber, parameters } = await run(shape);
    for (let index = 0; index < FIBERS; index++) {
      const [x, condition] = fiber(index);
      const { z, logDeterminant } = plainDecoder(shape, parameters, x, condition);
      const found = numbers(outputs, 'z').slice(index * shape.channels, (index + 1) * shape.channels);
      z.forEach((value, c) => {
        expect(found[c]).toBeCloseTo(value, 5);
      });
      expect(numbers(outputs, 'log_determinant')[index]).toBeCloseTo(logDeterminant, 5);
      expect(numbers(outputs, 'log_likelihood')[index]).toBeCloseTo(
        plainLogLikelihood(shape, parameters, x, condition),
        5,
      );
    }
  });

  it.each(shapes)('gives the logarithm of |det dz/dx|: %s', async (_, shape) => {
    const { outputs, fiber, parameters } = await run(shape);
    const [x, condition] = fiber(0);
    const at = (moved: number, by: number): number[] => {
      const copy = Float64Array.from(x, (value, c) => (c === moved ? value + by : value));
      return plainDecoder(shape, parameters, copy, condition).z;
    };
    const step = 1e-5;
    // Row c holds the derivatives by x_c; transposing does not change the determinant.
    const jacobian = Array.from(x, (_, c) => {
      const [above, below] = [at(c, step), at(c, -step)];
      return above.map((value, i) => (value - below[i]!) / (2 * step));
    });
    expect(numbers(outputs, 'log_determinant')[0]).toBeCloseTo(logAbsoluteDeterminant(jacobian), 5);
  });
});

/** By Gaussian elimination with pivots. */
function logAbsoluteDeterminant(matrix: number[][]): number {
  let result = 0;
  const rows = matrix.map((row) => [...row]);
  while (rows.length > 0) {
    rows.sort((a, b) => Math.abs(b[0]!) - Math.abs(a[0]!));
    const [pivot, ...rest] = rows as [number[], ...number[][]];
    const first = pivot[0]!;
    result += Math.log(Math.abs(first));
    rows.splice(
      0,
      rows.length,
      ...rest.map((row) => row.slice(1).map((value, i) => value - (row[0]! / first) * pivot[i + 1]!)),
    );
  }
  return result;
}
