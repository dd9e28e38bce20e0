// The coupling block of CFLOW-AD: anomalib's AllInOneBlock, itself FrEIA's of 2021. A generalisation of the affine
// coupling of RealNVP (Dinh et al., 2017) and of Glow's learned scale and offset (Kingma and Dhariwal, 2018).
//
//   (x₁, x₂) = split(x)                      passive and active channels
//   a        = W₂ · relu(W₀ · (x₁, c) + b₀) + b₂
//   s        = α · tanh(0.1 a₁)              log scale, held within ±α
//   t        = 0.1 a₂                        shift
//   u        = (x₁, x₂ · eˢ + t)
//   v        = u · ψ + o,  ψ = 0.1 · softplus_{β=1/2}(g)
//   z        = permute(v)
//
// The Jacobian of x → u is triangular with eˢ on the diagonal of the active channels, that of u → v is diagonal with
// ψ, and a permutation or rotation has determinant ±1. So log|det| = Σ s + Σ log ψ.
import { op, type Value } from '@cflow/onnx';

/** Parameters of one block as values of a graph; shapes in `trainableShapes`. */
export interface CouplingBlockParameters {
  globalScale: Value;
  globalOffset: Value;
  /** W₀ in two parts: [hidden, passive] for the features … */
  featureWeight: Value;
  /** … and [hidden, P] for the condition; undefined when there is none. */
  conditionWeight?: Value | undefined;
  /** b₀, [hidden]. */
  hiddenBias: Value;
  /** W₂, [2 · active, hidden]. */
  outputWeight: Value;
  /** b₂, [2 · active]. */
  outputBias: Value;
  permutation: Permutation;
}

/** z[i] = v[index[i]] for the hard one; z = matrix · v for the soft one. */
export type Permutation = { index: Value; inverse: Value } | { matrix: Value };

/**
 * Forward pass of one block on fibres, which are columns: so splitting, joining and permuting channels moves whole
 * rows, which costs next to nothing, where picking columns out of rows took an eighth of the time of a step.
 *
 * @param x features, [C, N]
 * @param condition [N, P], or undefined for the decoder without a condition
 * @returns z [C, N] and the log-determinant of the Jacobian, [N], natural log
 */
export function couplingBlock(
  x: Value,
  condition: Value | undefined,
  parameters: CouplingBlockParameters,
  clampAlpha: number,
): { z: Value; logDeterminant: Value } {
  const { graph } = x;
  const [channels, count] = x.shape as [number, number];
  const active = Math.floor(channels / 2);
  const [passiveHalf, activeHalf] = op.Split(x, [channels - active, active], 0) as [Value, Value];
  const steering = op.Gemm(parameters.featureWeight, passiveHalf, asColumn(parameters.hiddenBias));
  const { conditionWeight } = parameters;
  const hidden = op.Relu(
    condition && conditionWeight ? op.Gemm(conditionWeight, condition, steering, { transB: true }) : steering,
  );
  const a = op.Gemm(parameters.outputWeight, hidden, asColumn(parameters.outputBias));
  const [scales, shifts] = op.Split(op.Mul(a, graph.scalar(0.1)), [active, active], 0) as [Value, Value];

  const logScale = op.Mul(op.Tanh(scales), graph.scalar(clampAlpha));
  const moved = op.Add(op.Mul(activeHalf, op.Exp(logScale)), shifts);
  const psi = asColumn(globalScaleFactor(parameters.globalScale));
  const v = op.Add(op.Mul(op.Concat([passiveHalf, moved], 0), psi), asColumn(parameters.globalOffset));
  const globalTerm = op.ReduceSum(op.Log(psi), [0]);
  return {
    z: permuted(v, parameters.permutation),
    logDeterminant: op.Reshape(op.Add(op.ReduceSum(logScale, [0]), globalTerm), [count]),
  };
}

/** A vector, [n] or [1, n], as a column [n, 1]. */
function asColumn(vector: Value): Value {
  return op.Reshape(vector, [vector.shape.at(-1) as number, 1]);
}

/** ψ = 0.1 · softplus with β = 1/2 = 0.2 · ln(1 + e^(g/2)); at the initial g it is exactly 1. */
export function globalScaleFactor(globalScale: Value): Value {
  const { graph } = globalScale;
  return op.Mul(op.Softplus(op.Mul(globalScale, graph.scalar(0.5))), graph.scalar(0.2));
}

function permuted(v: Value, permutation: Permutation): Value {
  return 'index' in permutation
    ? op.permute(v, permutation.index, permutation.inverse, 0)
    : op.Gemm(permutation.matrix, v);
}
