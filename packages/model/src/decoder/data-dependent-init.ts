// Data-dependent initialization, as in Glow (Kingma and Dhariwal, 2018, section 3.1, "actnorm"): each block's global scale
// and offset are set so that over a sample of fibers every channel leaves the block with mean 0 and variance 1. The
// features of a CNN are far from that, and Adam moves a global scale by no more than its learning rate per step: from
// factors of 1 most steps of a short training are spent on finding the scale of the numbers.
//
// The first block only standardizes: its subnet is 0, and stays so. It alone sees features as they come; where they hardly
// vary about a large mean, the smallest step of its subnet would be large beside their deviation.
import { Graph, op, type Tensor, type Value } from '@cflow/onnx';
import { couple, permuted } from './coupling-block.js';
import {
  blockParameters,
  decoderPermutations,
  isOfFirstSubnet,
  type ParameterLookup,
  splitParameters,
} from './decoder.js';
import type { DecoderShape } from './decoder-shape.js';
import { parameterInputs } from './likelihood-graph.js';

/**
 * Channels that hardly vary are not scaled up without limit: what differs there would drown everything else. No deviation
 * of a feature counts for less than this share of the root-mean-square deviation of all …
 */
const LEAST_FEATURE_DEVIATION = 0.01;
/**
 * … and in the blocks after the first, where channels have a deviation of about 1 unless the features had none to begin
 * with, for less than this: scaled up in one block after the other, the first steps of the subnets would be magnified
 * without end.
 */
const LEAST_DEVIATION = 0.5;
/** For features that do not vary at all. */
const TINY = 1e-12;

/**
 * What each block makes of fibers when all blocks before it are normalized.
 *
 * Inputs: `features` [N, C], `condition` [N, P] when there is one, and the parameters, whose global scales and offsets
 * are not used. Outputs [blocks, C]: `mean` and `deviation` of a block's channels before its global scale and offset.
 */
export function channelStatisticsGraph(shape: DecoderShape): Graph {
  const { channels, conditionVector, clampAlpha } = shape;
  const graph = new Graph('channel_statistics');
  const features = graph.input('features', 'float32', ['fibers', channels]);
  const condition =
    conditionVector > 0 ? graph.input('condition', 'float32', ['fibers', conditionVector]) : undefined;
  const parameters = splitParameters(shape, parameterInputs(graph, shape));
  const lookup: ParameterLookup = (name) => parameters.get(name) as Value;
  const means: Value[] = [];
  const deviations: Value[] = [];
  let x = op.Transpose(features, [1, 0]);
  const permutations = decoderPermutations(shape, lookup);
  blockParameters(shape, lookup, permutations, { standardizing: true }).forEach((block, index) => {
    graph.scope(`block${index}`, () => {
      const u = 'featureWeight' in block ? couple(x, condition, block, clampAlpha).u : x;
      const mean = op.ReduceMean(u, [1], true);
      const centered = op.Sub(u, mean);
      const variance = op.ReduceMean(op.Mul(centered, centered), [1], true);
      const least =
        index === 0
          ? op.Mul(op.ReduceMean(variance, [0], true), graph.scalar(LEAST_FEATURE_DEVIATION ** 2))
          : graph.scalar(LEAST_DEVIATION ** 2);
      const deviation = op.Sqrt(op.Add(op.Max(variance, least), graph.scalar(TINY)));
      means.push(op.Reshape(mean, [1, channels]));
      deviations.push(op.Reshape(deviation, [1, channels]));
      x = permuted(op.Div(centered, deviation), block.permutation);
    });
  });
  graph.output('mean', op.Concat(means, 0));
  graph.output('deviation', op.Concat(deviations, 0));
  return graph;
}

/**
 * Parameters with the global scales and offsets that normalize every block's channels, and without a first subnet.
 *
 * @param statistics outputs of `channelStatisticsGraph`
 * @returns a new map; everything else is as it was
 */
export function normalizedParameters(
  shape: DecoderShape,
  parameters: ReadonlyMap<string, Tensor>,
  statistics: { mean: Float32Array; deviation: Float32Array },
): Map<string, Tensor> {
  const { channels, couplingBlocks } = shape;
  const result = new Map(
    [...parameters].map(([name, tensor]): [string, Tensor] => [
      name,
      isOfFirstSubnet(name) ? ({ ...tensor, data: new Float32Array(tensor.data.length) } as Tensor) : tensor,
    ]),
  );
  for (let block = 0; block < couplingBlocks; block++) {
    const own = (values: Float32Array): Float32Array =>
      values.subarray(block * channels, (block + 1) * channels);
    const deviation = own(statistics.deviation);
    const scale = deviation.map((each) => globalScaleOf(1 / each));
    const offset = own(statistics.mean).map((mean, c) => -mean / deviation[c]!);
    const dims = [1, channels];
    result.set(`module_list.${block}.global_scale`, { type: 'float32', dims, data: scale });
    result.set(`module_list.${block}.global_offset`, { type: 'float32', dims, data: offset });
  }
  return result;
}

/** The g whose factor ψ = 0.2 · ln(1 + e^(g/2)) is the given one: g = 2 · ln(e^(5ψ) - 1). */
function globalScaleOf(psi: number): number {
  // For large ψ the logarithm is 5ψ to the last bit, and the exponential would overflow.
  return psi > 20 ? 10 * psi : 2 * Math.log(Math.expm1(5 * psi));
}
