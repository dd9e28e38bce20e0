import { float32, Graph, op } from '@cflow/onnx';
import { ConfigurationError } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { randomTensor } from '../testing/random-decoder.js';
import { numbers, runGraph } from '../testing/run-graph.js';
import type { Tensors } from '../testing/tensors.js';
import { anomalyMap, type MapNormalization } from './anomaly-map.js';
import type { LayerStandard } from './standardize.js';

type Size = readonly [height: number, width: number];

const PYRAMID: readonly Size[] = [
  [6, 8],
  [3, 4],
  [1, 1],
];

function build(sizes: readonly Size[], imageSize: Size | null, normalization: MapNormalization): Graph {
  const graph = new Graph('map');
  const layers = sizes.map(([height, width], i) =>
    graph.input(`layer${i}`, 'float32', ['batch', 1, height, width]),
  );
  graph.output('map', anomalyMap(layers, imageSize, normalization));
  return graph;
}

const feeds = (sizes: readonly Size[], batch: number): Tensors =>
  Object.fromEntries(sizes.map((size, i) => [`layer${i}`, randomTensor([batch, 1, ...size], 10 + i)]));

const largest = (values: Float32Array): number =>
  values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);

describe('anomalyMap', () => {
  it('has the size of the image', async () => {
    const map = build(PYRAMID, [12, 20], { kind: 'reference' });
    const outputs = await runGraph(map, feeds(PYRAMID, 2));
    expect(outputs.map?.dims).toEqual([2, 12, 20]);
    // The most likely place of the batch is where the map is zero.
    expect(Math.min(...numbers(outputs, 'map'))).toBe(0);
  });

  it('keeps the size of the layers without an image size', async () => {
    const sizes: Size[] = [
      [4, 5],
      [4, 5],
    ];
    const inputs = feeds(sizes, 2);
    const maxLogLikelihood = [0, 1].map((i) => largest(numbers(inputs, `layer${i}`)));
    const map = numbers(await runGraph(build(sizes, null, { kind: 'reference' }), inputs), 'map');
    const sums = Array.from(map, (_, position) =>
      maxLogLikelihood.reduce(
        (sum, max, i) => sum + Math.exp(numbers(inputs, `layer${i}`)[position]! - max),
        0,
      ),
    );
    const top = Math.max(...sums);
    sums.forEach((sum, position) => {
      expect(map[position]).toBeCloseTo(top - sum, 6);
    });
  });

  it('refuses layers of unequal size without an image size, and names both', () => {
    const make = () => build(PYRAMID, null, { kind: 'reference' });
    expect(make).toThrow(ConfigurationError);
    expect(make).toThrow(/got 6x8 and 3x4; give an image size/);
  });

  it.each<[string, number, MapNormalization, RegExp]>([
    ['no layer', 0, { kind: 'reference' }, /at least one layer, got none/],
    [
      'a constant too few',
      3,
      { kind: 'fixed', maxLogLikelihood: [-1, -2], maxLikelihood: 3 },
      /3 layers .* got \[-1, -2\] and 3/,
    ],
    [
      'a constant that is not a number',
      3,
      { kind: 'fixed', maxLogLikelihood: [-1, -2, -3], maxLikelihood: Number.NaN },
      /one finite largest likelihood, got .* and NaN/,
    ],
  ])('refuses %s', (_, layers, normalization, message) => {
    const make = () => build(PYRAMID.slice(0, layers), [12, 20], normalization);
    expect(make).toThrow(ConfigurationError);
    expect(make).toThrow(message);
  });

  it("is the reference's map when the constants are the maxima of the batch", async () => {
    const inputs = feeds(PYRAMID, 3);
    const reference = numbers(await runGraph(build(PYRAMID, [12, 20], { kind: 'reference' }), inputs), 'map');
    const maxLogLikelihood = PYRAMID.map((_, i) => largest(numbers(inputs, `layer${i}`)));
    const fixed = (maxLikelihood: number) =>
      runGraph(build(PYRAMID, [12, 20], { kind: 'fixed', maxLogLikelihood, maxLikelihood }), inputs);
    // With a top of zero the map is the fused likelihood with its sign turned.
    const maxLikelihood = -Math.min(...numbers(await fixed(0), 'map'));
    const found = numbers(await fixed(maxLikelihood), 'map');
    found.forEach((value, i) => {
      expect(value).toBeCloseTo(reference[i]!, 6);
    });
  });

  describe('of standardized likelihoods', () => {
    const map = (values: readonly number[], means: readonly number[], deviation: number) => {
      const graph = new Graph('map');
      const size = means.length;
      const layer = graph.input('layer', 'float32', ['batch', 1, 1, size]);
      const standards: LayerStandard[] = [
        {
          mean: graph.constant(float32([1, 1, 1, size], means)),
          deviation: graph.constant(float32([1], [deviation])),
        },
      ];
      graph.output('map', anomalyMap([layer], null, { kind: 'standardized', standards, maxLikelihood: 1 }));
      const data = Float32Array.from(values);
      const dims = [values.length / size, 1, 1, size];
      return runGraph(graph, { layer: { type: 'float32', dims, data } }).then((out) => numbers(out, 'map'));
    };

    it('rises with the deviations below what is usual at each position', async () => {
      // Two images of three positions, 0, 2 and 5 deviations below their means, which all differ.
      const found = await map([-1, -4, -10, -1, -4, -10], [-1, -3, -7.5], 0.5);
      [0, 2, 5, 0, 2, 5].forEach((deviations, i) => {
        const likelihood = 1 / (1 + Math.exp((deviations - 2) / 1.5));
        expect(found[i]).toBeCloseTo(1 - Math.log(likelihood + 1e-6), 5);
      });
    });

    it('stays within bounds, also where a likelihood underflows to nothing', async () => {
      const found = await map([1e9, -1e9, Number.NEGATIVE_INFINITY], [0], 1);
      const least = 1 - Math.log(1e-6);
      [1, least, least].forEach((expected, i) => {
        expect(found[i]).toBeCloseTo(expected, 5);
      });
    });

    it('needs a standard for each layer', () => {
      const make = () => build(PYRAMID, [12, 20], { kind: 'standardized', standards: [], maxLikelihood: 1 });
      expect(make).toThrow(ConfigurationError);
      expect(make).toThrow(/3 layers need as many standards .* got 0 and 1/);
    });
  });

  it('shifts by the fixed constants alone', async () => {
    const graph = new Graph('map');
    const layer = graph.input('layer', 'float32', ['batch', 1, 1, 1]);
    const map = anomalyMap([layer], [1, 1], { kind: 'fixed', maxLogLikelihood: [-2], maxLikelihood: 0.5 });
    graph.output('map', op.Mul(map, graph.scalar(1)));
    const inputs = {
      layer: { type: 'float32', dims: [3, 1, 1, 1], data: Float32Array.of(-2, -3, -1) },
    } as const;
    const found = numbers(await runGraph(graph, inputs), 'map');
    [0.5 - 1, 0.5 - Math.exp(-1), 0.5 - Math.E].forEach((expected, i) => {
      expect(found[i]).toBeCloseTo(expected, 6);
    });
  });
});
