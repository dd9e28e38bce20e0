import {
  type DecoderShape,
  likelihoodGraph,
  logLikelihood,
  permutationShapes,
  trainableShapes,
} from '@cflow/model';
import { op } from '@cflow/onnx';
import { type Comparison, type ComparisonSource, largestDifference, largestShare } from '../comparison.js';
import type { GoldenFile } from '../golden-set.js';
import { GRADIENT, gradientGraph } from '../gradient-graph.js';
import { runGraph, type Tensors, values } from '../run-graph.js';

const FIBERS = 48;

/** Whole decoders: z, log-determinant, log-likelihood, the loss, and where recorded its gradients. */
export const decoderComparisons: ComparisonSource = (set) =>
  [64, 128].flatMap((channels) =>
    [4, 8].flatMap((couplingBlocks) => {
      const file = `decoder_c${channels}_b${couplingBlocks}`;
      const name = `decoder, ${channels} channels, ${couplingBlocks} blocks`;
      return set.has(file)
        ? [{ name, compare: () => compare(set.file(file), channels, couplingBlocks) }]
        : [];
    }),
  );

async function compare(file: GoldenFile, channels: number, couplingBlocks: number): Promise<Comparison[]> {
  const shape: DecoderShape = {
    kind: 'freia-cflow',
    channels,
    conditionVector: 128,
    couplingBlocks,
    clampAlpha: 1.9,
    permuteSoft: false,
  };
  const feeds: Tensors = { features: file.tensor('x'), condition: file.tensor('cond') };
  for (const [name] of trainableShapes(shape)) feeds[name] = file.tensor(`param.${name}`);
  permutationShapes(shape).forEach(([name], block) => {
    feeds[name] = file.tensor(`perm_index.${block}`);
  });
  const forward = await runGraph(likelihoodGraph(shape), feeds);
  const comparisons: Comparison[] = (
    [
      ['z', 'z'],
      ['log_determinant', 'logdet'],
      ['log_likelihood', 'log_prob'],
    ] as const
  ).map(([output, expected]) => ({
    name: output,
    largestDifference: largestDifference(values(forward, output), file.expected(expected)),
    tolerance: 1e-5,
  }));
  if (!file.names.includes('grad.x')) return comparisons;

  const graph = gradientGraph(shape, FIBERS, ({ z, logDeterminant }) =>
    op.ReduceMean(op.Softplus(op.Neg(logLikelihood(op.Transpose(z, [1, 0]), logDeterminant))), [0]),
  );
  const found = await runGraph(graph, feeds);
  comparisons.push({
    name: 'loss',
    largestDifference: largestDifference(values(found, 'loss'), file.expected('loss_mean')),
    tolerance: 1e-6,
  });
  for (const name of [...trainableShapes(shape).map(([name]) => name), 'x']) {
    comparisons.push({
      name: `gradient of ${name}`,
      largestDifference: largestShare(values(found, GRADIENT + name), file.expected(`grad.${name}`)),
      tolerance: 1e-5,
    });
  }
  return comparisons;
}
