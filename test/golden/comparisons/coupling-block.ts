import {
  type DecoderShape,
  initialParameters,
  likelihoodGraph,
  permutationShapes,
  trainableShapes,
} from '@cflow/model';
import { op, type Tensor } from '@cflow/onnx';
import { type Comparison, type ComparisonSource, largestDifference, largestShare } from '../comparison.js';
import type { GoldenFile } from '../golden-set.js';
import { GRADIENT, gradientGraph } from '../gradient-graph.js';
import { runGraph, type Tensors, values } from '../run-graph.js';

/** One coupling block, both kinds of permutation: forward, log-determinant and gradients. */
export const couplingBlockComparisons: ComparisonSource = (set) =>
  set.has('allinone')
    ? (['hard', 'soft'] as const).map((kind) => ({
        name: `coupling block, ${kind} permutation`,
        compare: () => compare(set.file('allinone'), kind),
      }))
    : [];

async function compare(file: GoldenFile, kind: 'hard' | 'soft'): Promise<Comparison[]> {
  const shape: DecoderShape = {
    kind: 'freia-cflow',
    channels: 64,
    conditionVector: 128,
    couplingBlocks: 1,
    clampAlpha: 1.9,
    permuteSoft: kind === 'soft',
  };
  const own = (name: string): string => name.replace('module_list.0.', '');
  const feeds: Tensors = {
    features: file.tensor(`${kind}.x`),
    condition: file.tensor(`${kind}.cond`),
  };
  for (const [name] of trainableShapes(shape)) feeds[name] = file.tensor(`${kind}.param.${own(name)}`);
  for (const [name] of permutationShapes(shape)) {
    feeds[name] = file.tensor(shape.permuteSoft ? `${kind}.param.w_perm` : `${kind}.perm_index`);
  }
  const forward = await runGraph(likelihoodGraph(shape), feeds);
  const z = values(forward, 'z');
  const logDeterminant = values(forward, 'log_determinant');
  const expected = (name: string) => file.expected(`${kind}.${name}`);

  const initialScale = initialParameters(shape, 0, 'layer').get('module_list.0.global_scale')?.data;
  const comparisons: Comparison[] = [
    {
      name: 'initial global scale',
      largestDifference: largestDifference(initialScale as Float32Array, expected('init.global_scale')),
      tolerance: 1e-6,
    },
    { name: 'z', largestDifference: largestDifference(z, expected('z')), tolerance: 1e-5 },
    {
      name: 'log-determinant',
      largestDifference: largestDifference(logDeterminant, expected('log_jac_det')),
      tolerance: 1e-5,
    },
    // FrEIA's newer clamp, tanh(0.1 a / clamp), is another function: a comparison that cannot tell it is worthless.
    {
      name: "z of FrEIA's newer clamp",
      largestDifference: largestDifference(z, expected('freia_head.z')),
      tolerance: 1e-2,
      wanted: 'differs',
    },
    {
      name: "log-determinant of FrEIA's newer clamp",
      largestDifference: largestDifference(logDeterminant, expected('freia_head.log_jac_det')),
      tolerance: 1e-2,
      wanted: 'differs',
    },
  ];

  // The loss whose gradients are recorded: sum(z * cot_z) + sum(log_jac_det * cot_ljd).
  const cotangents = { cot_z: file.tensor(`${kind}.cot_z`), cot_ljd: file.tensor(`${kind}.cot_ljd`) };
  const fibers = (feeds.features as Tensor).dims[0]!;
  const graph = gradientGraph(shape, fibers, ({ graph, z, logDeterminant }) => {
    const cotZ = graph.input('cot_z', 'float32', [fibers, shape.channels]);
    const cotLogDeterminant = graph.input('cot_ljd', 'float32', [fibers]);
    return op.Add(
      op.ReduceSum(op.Mul(z, cotZ), [0, 1]),
      op.ReduceSum(op.Mul(logDeterminant, cotLogDeterminant), [0]),
    );
  });
  const found = await runGraph(graph, { ...feeds, ...cotangents });
  for (const name of [...trainableShapes(shape).map(([name]) => name), 'x']) {
    comparisons.push({
      name: `gradient of ${own(name)}`,
      largestDifference: largestShare(values(found, GRADIENT + name), expected(`grad.${own(name)}`)),
      tolerance: 1e-5,
    });
  }
  return comparisons;
}
