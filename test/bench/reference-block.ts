// The reference algorithm as graphs: operation by operation what anomalib does with a batch of fibers, nothing folded,
// nothing left out. Fibers are rows, as there.
import { op, type Value } from '@cflow/onnx';

/** A parameter of one block by its reference name, e.g. `subnet.0.weight`. */
type BlockLookup = (name: string) => Value;

/** x and condition as rows, [N, C] and [N, P]; the permutation is a product with a dense matrix. */
function referenceBlock(
  x: Value,
  condition: Value,
  get: BlockLookup,
  clampAlpha: number,
): { z: Value; logDeterminant: Value } {
  const { graph } = x;
  const channels = x.shape[1] as number;
  const active = Math.floor(channels / 2);
  const [passiveHalf, activeHalf] = op.Split(x, [channels - active, active], 1) as [Value, Value];
  const linear = (input: Value, layer: string): Value =>
    op.Gemm(input, get(`${layer}.weight`), get(`${layer}.bias`), { transB: true });
  const hidden = op.Relu(linear(op.Concat([passiveHalf, condition], 1), 'subnet.0'));
  const a = op.Mul(linear(hidden, 'subnet.2'), graph.scalar(0.1));
  const [scales, shifts] = op.Split(a, [active, active], 1) as [Value, Value];
  const logScale = op.Mul(op.Tanh(scales), graph.scalar(clampAlpha));
  const moved = op.Add(op.Mul(activeHalf, op.Exp(logScale)), shifts);
  const psi = op.Mul(op.Softplus(op.Mul(get('global_scale'), graph.scalar(0.5))), graph.scalar(0.2));
  const v = op.Add(op.Mul(op.Concat([passiveHalf, moved], 1), psi), get('global_offset'));
  return {
    z: op.Gemm(v, get('w_perm'), undefined, { transB: true }),
    logDeterminant: op.Add(op.ReduceSum(logScale, [1]), op.ReduceSum(op.Log(psi), [0, 1])),
  };
}

/** Log-likelihood per dimension of fibers, [N]. `get` takes a name within a decoder, `module_list.0.subnet.0.weight`. */
export function referenceLogLikelihood(
  features: Value,
  condition: Value,
  blocks: number,
  clampAlpha: number,
  get: (name: string) => Value,
): Value {
  const { graph } = features;
  const channels = features.shape[1] as number;
  let z = features;
  let logDeterminant: Value | undefined;
  for (let block = 0; block < blocks; block++) {
    const result = referenceBlock(z, condition, (name) => get(`module_list.${block}.${name}`), clampAlpha);
    z = result.z;
    logDeterminant = logDeterminant ? op.Add(logDeterminant, result.logDeterminant) : result.logDeterminant;
  }
  const halfSquares = op.Mul(op.ReduceSum(op.Mul(z, z), [1]), graph.scalar(0.5));
  const constant = graph.scalar(-0.5 * channels * Math.log(2 * Math.PI));
  const total = op.Add(op.Sub(constant, halfSquares), logDeterminant as Value);
  return op.Div(total, graph.scalar(channels));
}
