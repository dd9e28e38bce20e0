import { float32, Graph, type Tensor } from '@cflow/onnx';
import { describe, expect, it } from 'vitest';
import { numbers, runGraph } from '../testing/run-graph.js';
import { gaussians, randomStream } from '../weights/index.js';
import { imageDistance, imageStatistic } from './image-features.js';
import {
  IMAGE_STATISTICS,
  type ImageStatistic,
  imageLayers,
  memoryBanks,
  statisticLength,
} from './memory-banks.js';
import { memoryHeadGraph } from './memory-head.js';
import {
  bankTensorName,
  constantsOf,
  projectionName,
  SCORE_DEVIATIONS,
  SCORE_MEANS,
  statisticTensorName,
} from './memory-tensors.js';
import { interpolateRows, nearestDistance, neighborhoodMeans } from './place-features.js';
import { topShareMean } from './top-share.js';

const random = (name: string, dims: readonly number[]): Tensor =>
  float32(
    dims,
    Float32Array.from(
      gaussians(
        randomStream(7, name),
        dims.reduce((a, b) => a * b, 1),
      ),
    ),
  );

const closeTo = (found: Float32Array, expected: readonly number[], tolerance = 1e-5): void => {
  expect(found).toHaveLength(expected.length);
  found.forEach((value, i) => {
    expect(Math.abs(value - expected[i]!)).toBeLessThanOrEqual(tolerance);
  });
};

describe('places', () => {
  it('are averaged over the neighbors that there are', async () => {
    const graph = new Graph('means');
    graph.output('mean', neighborhoodMeans(graph.input('map', 'float32', ['batch', 1, 2, 3])));
    const map = float32([1, 1, 2, 3], [1, 2, 3, 4, 5, 6]);
    closeTo(numbers(await runGraph(graph, { map }), 'mean'), [3, 3.5, 4, 3, 3.5, 4]);
  });

  it('are interpolated between their centers, and beyond the outermost not at all', async () => {
    const graph = new Graph('rows');
    const rows = graph.input('rows', 'float32', ['batch', 2, 1]);
    graph.output('wide', interpolateRows(rows, [1, 2], [1, 4]));
    const outputs = await runGraph(graph, { rows: float32([1, 2, 1], [0, 4]) });
    closeTo(numbers(outputs, 'wide'), [0, 1, 3, 4]);
  });

  it.each([
    ['all at once', undefined],
    ['two at a time', 2],
  ])('are as far from a memory as from its nearest row that may be used, %s', async (_, atOnce) => {
    const graph = new Graph('distance');
    const places = random('places', [2, 5, 4]);
    const memory = random('memory', [7, 4]);
    const handicap = float32([2, 1, 7], [1e9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1e9, 1e9]);
    graph.output(
      'distance',
      nearestDistance(graph.input('places', 'float32', ['batch', 5, 4]), graph.constant(memory), {
        handicap: graph.input('handicap', 'float32', ['batch', 1, 7]),
        atOnce,
      }),
    );
    const expected: number[] = [];
    for (let b = 0; b < 2; b++) {
      for (let p = 0; p < 5; p++) {
        let least = Number.POSITIVE_INFINITY;
        for (let m = 0; m < 7; m++) {
          if (handicap.data[b * 7 + m] !== 0) continue;
          let sum = 0;
          for (let k = 0; k < 4; k++)
            sum +=
              ((places.data as Float32Array)[(b * 5 + p) * 4 + k]! -
                (memory.data as Float32Array)[m * 4 + k]!) **
              2;
          least = Math.min(least, Math.sqrt(sum));
        }
        expected.push(least);
      }
    }
    closeTo(numbers(await runGraph(graph, { places, handicap }), 'distance'), expected);
  });

  it('give no distance below 0 where one is in the memory', async () => {
    const graph = new Graph('distance');
    const places = float32([1, 1, 3], [1000.1, -999.7, 0.3]);
    graph.output(
      'distance',
      nearestDistance(
        graph.input('places', 'float32', ['batch', 1, 3]),
        graph.constant(float32([1, 3], places.data)),
      ),
    );
    const [distance] = numbers(await runGraph(graph, { places }), 'distance');
    expect(distance).toBeGreaterThanOrEqual(0);
    expect(distance).toBeLessThan(1);
  });
});

describe('the top share', () => {
  it.each([
    ['the mean of the largest', [5, 1, 4, 2, 3, 0, 0, 0, 0, 0], 0.2, 4.5],
    ['one value at least', [5, 1, 4], 0.01, 5],
    ['all that are equal to the last one', [5, 4, 4, 1], 0.5, 13 / 3],
    ['a constant', [2, 2, 2, 2], 0.25, 2],
    ['negative values', [-3, -1, -2, -4], 0.5, -1.5],
  ])('is %s', async (_, values, share, expected) => {
    const graph = new Graph('top');
    graph.output('top', topShareMean(graph.input('values', 'float32', ['batch', values.length]), share));
    const outputs = await runGraph(graph, { values: float32([1, values.length], values) });
    closeTo(numbers(outputs, 'top'), [expected]);
  });
});

describe('whole images', () => {
  it('are described by extremes and means, of all places or of each quarter', async () => {
    const map = float32([1, 1, 2, 3], [1, 2, 3, 4, 5, 6]);
    const found = async (statistic: ImageStatistic): Promise<Float32Array> => {
      const graph = new Graph('statistic');
      graph.output('values', imageStatistic(statistic, [graph.input('map', 'float32', ['batch', 1, 2, 3])]));
      return numbers(await runGraph(graph, { map }), 'values');
    };
    closeTo(await found('extremes'), [6, 1]);
    // Three columns: the middle one is in both halves.
    closeTo(await found('quarter-extremes'), [2, 1, 3, 2, 5, 4, 6, 5]);
    closeTo(await found('quarter-means'), [1.5, 2.5, 4.5, 5.5]);
  });

  it('are as far as Mahalanobis would have it, with a ridge', async () => {
    // Variance 3 along x, nothing along y, a ridge of 1, y in halves: d² = x² / 4 + (2 y)².
    const graph = new Graph('distance');
    const name = (part: 'mean' | 'scale' | 'axes' | 'ridge'): string => statisticTensorName('extremes', part);
    const parameters = new Map([
      [name('mean'), float32([2], [1, 1])],
      [name('scale'), float32([2], [1, 0.5])],
      [name('axes'), float32([1, 2], [Math.sqrt(3 / 4), 0])],
      [name('ridge'), float32([1], [1])],
    ]);
    const values = graph.input('values', 'float32', ['batch', 2]);
    graph.output('distance', imageDistance('extremes', values, constantsOf(graph, parameters)));
    const outputs = await runGraph(graph, { values: float32([2, 2], [5, 1, 1, 4]) });
    closeTo(numbers(outputs, 'distance'), [2, 6]);
  });
});

const LAYERS = [
  { name: 'fine', channels: 3, height: 8, width: 12 },
  { name: 'middle', channels: 4, height: 4, width: 6 },
  { name: 'deep', channels: 5, height: 2, width: 3 },
];

function parametersOf(layers: typeof LAYERS, rows: number): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  const put = (name: string, dims: readonly number[]): unknown => tensors.set(name, random(name, dims));
  for (const bank of memoryBanks(layers)) {
    for (const { name, channels } of bank.layers) put(projectionName(bank.name, name), [channels, 6]);
    put(bankTensorName(bank.name, 'offset'), [6]);
    put(bankTensorName(bank.name, 'rows'), [rows, 6]);
    put(bankTensorName(bank.name, 'usual'), [1, bank.height * bank.width]);
    const spread = new Float32Array(bank.height * bank.width).fill(2);
    tensors.set(bankTensorName(bank.name, 'spread'), float32([1, spread.length], spread));
  }
  for (const statistic of IMAGE_STATISTICS) {
    const length = statisticLength(statistic, layers);
    put(statisticTensorName(statistic, 'mean'), [length]);
    tensors.set(statisticTensorName(statistic, 'scale'), float32([length], new Float32Array(length).fill(2)));
    tensors.set(statisticTensorName(statistic, 'axes'), float32([2, length], new Float32Array(2 * length)));
    tensors.set(statisticTensorName(statistic, 'ridge'), float32([1], [0.5]));
  }
  tensors.set(SCORE_MEANS, float32([4], [0, 1, 2, 3]));
  tensors.set(SCORE_DEVIATIONS, float32([4], [1, 2, 1, 2]));
  return tensors;
}

describe('the head of a memory', () => {
  it.each([1, 2, 3])(
    'gives map and score of %i layers, and an image the same in any batch',
    async (count) => {
      const layers = LAYERS.slice(-count);
      expect(imageLayers(layers).length).toBe(Math.min(2, count));
      const graph = memoryHeadGraph({ layers, imageSize: [16, 24], parameters: parametersOf(layers, 9) });
      const feeds = (batch: number): Record<string, Tensor> =>
        Object.fromEntries(
          layers.map(({ name, channels, height, width }) => [
            name,
            random(name, [batch, channels, height, width]),
          ]),
        );
      const three = await runGraph(graph, feeds(3));
      const one = await runGraph(graph, feeds(1));
      expect(three.anomaly_map?.dims).toEqual([3, 16, 24]);
      expect(three.score?.dims).toEqual([3]);
      closeTo(numbers(three, 'score').subarray(0, 1), [...numbers(one, 'score')], 1e-4);
      closeTo(numbers(three, 'anomaly_map').subarray(0, 16 * 24), [...numbers(one, 'anomaly_map')], 1e-4);
    },
  );

  it('names the parameter that is missing or does not fit', () => {
    const parameters = parametersOf(LAYERS, 9);
    parameters.set('memory.context.rows', random('rows', [9, 5]));
    const build = () => memoryHeadGraph({ layers: LAYERS, imageSize: [16, 24], parameters });
    expect(build).toThrow('the head needs "memory.context.rows" of shape [any, 6], got [9, 5]');
    parameters.delete('memory.context.rows');
    expect(build).toThrow('the head needs "memory.context.rows" of shape [any, 6], got none');
  });
});
