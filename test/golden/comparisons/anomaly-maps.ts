import { anomalyMap } from '@cflow/model';
import { Graph, op } from '@cflow/onnx';
import { type Comparison, type ComparisonSource, largestDifference } from '../comparison.js';
import type { GoldenFile } from '../golden-set.js';
import { runGraph, type Tensors, values } from '../run-graph.js';

type Size = readonly [height: number, width: number];

const PYRAMID: readonly Size[] = [
  [32, 32],
  [16, 16],
  [8, 8],
];

const CASES: readonly { name: string; layers: readonly Size[]; imageSize: Size | null }[] = [
  { name: '64x64', layers: PYRAMID, imageSize: [64, 64] },
  { name: '70x50', layers: PYRAMID, imageSize: [70, 50] },
  { name: 'none', layers: Array.from({ length: 3 }, () => [16, 16] as const), imageSize: null },
  {
    name: 'nonsquare',
    layers: [
      [12, 20],
      [6, 10],
      [3, 5],
    ],
    imageSize: [50, 70],
  },
  { name: 'down', layers: PYRAMID, imageSize: [20, 24] },
  {
    name: '1px',
    layers: [
      [4, 4],
      [2, 2],
      [1, 1],
    ],
    imageSize: [33, 17],
  },
  { name: 'outliers', layers: PYRAMID, imageSize: [64, 64] },
];

/** Log-likelihoods to maps and scores, under the reference's normalization by the batch. */
export const anomalyMapComparisons: ComparisonSource = (set) =>
  set.has('anomaly_map')
    ? [1, 3].map((batch) => ({
        name: `anomaly map, batch of ${batch}`,
        compare: async () => {
          const results = await Promise.all(
            CASES.map((each) => compare(set.file('anomaly_map'), batch, each)),
          );
          return results.flat();
        },
      }))
    : [];

async function compare(
  file: GoldenFile,
  batch: number,
  { name, layers, imageSize }: (typeof CASES)[number],
): Promise<Comparison[]> {
  const graph = new Graph('anomaly_map');
  const inputs = layers.map(([height, width], layer) =>
    graph.input(`logp${layer}`, 'float32', ['batch', 1, height, width]),
  );
  const map = anomalyMap(inputs, imageSize, { kind: 'reference' });
  graph.output('map', map);
  graph.output('score', op.ReduceMax(map, [1, 2]));
  const feeds: Tensors = {};
  layers.forEach(([height, width], layer) => {
    const { type, data } = file.tensor(`b${batch}_${name}.logp${layer}`);
    feeds[`logp${layer}`] = { type, data, dims: [batch, 1, height, width] };
  });
  const outputs = await runGraph(graph, feeds);
  return [
    {
      name: `${name}: map`,
      largestDifference: largestDifference(values(outputs, 'map'), file.expected(`b${batch}_${name}.map`)),
      tolerance: 1e-5,
    },
    {
      name: `${name}: score`,
      largestDifference: largestDifference(
        values(outputs, 'score'),
        file.expected(`b${batch}_${name}.pred_score`),
      ),
      tolerance: 1e-5,
    },
  ];
}
