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

/** Parameters of a block that couples nothing, as if its subnet were 0: it scales, offsets and permutes. */
export interface StandardizingParameters {
  globalScale: Value;
  globalOffset: Value;
  permutation: Permutation;
}

/** Parameters of one block as values of a graph; shapes in `trainableShapes`. */
export interface CouplingBlockParameters extends StandardizingParameters {
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
}

/**
 * What fibers are conditioned on: a vector each, [N, P]; or, where they cover a grid of positions `groups` times over,
 * group by group, row by row, the two parts of the encoding, [P / 2, columns] and [P / 2, rows].
 */
export type Condition = Value | GridCondition;
export interface GridCondition {
  columns: Value;
  rows: Value;
  groups: number;
}

/** z[i] = v[index[i]] for the hard one; z = matrix · v for the soft one. */
export type Permutation = { index: Value; inverse: Value } | { matrix: Value };

/**
 * Forward pass of one block on fibers, which are columns: so splitting, joining and permuting channels moves whole
 * rows, which costs next to nothing, where picking columns out of rows took an eighth of the time of a step.
 *
 * @param x features, [C, N]
 * @param condition undefined for the decoder without one
 * @returns z [C, N] and the log-determinant of the Jacobian, [N], natural log
 */
export function couplingBlock(
  x: Value,
  condition: Condition | undefined,
  parameters: CouplingBlockParameters,
  clampAlpha: number,
): { z: Value; logDeterminant: Value } {
  const [, count] = x.shape as [number, number];
  const { u, logScale } = couple(x, condition, parameters, clampAlpha);
  const { z, logDeterminant } = standardize(u, parameters);
  const sum = op.Add(op.ReduceSum(logScale, [0]), logDeterminant);
  return { z, logDeterminant: op.Reshape(sum, [count]) };
}

/**
 * What every block does after coupling: v = u · ψ + o, permuted.
 *
 * @returns z [C, N] and the log-determinant, which is the same for all fibers, [1]
 */
export function standardize(
  u: Value,
  { globalScale, globalOffset, permutation }: StandardizingParameters,
): { z: Value; logDeterminant: Value } {
  const psi = asColumn(globalScaleFactor(globalScale));
  const v = op.Add(op.Mul(u, psi), asColumn(globalOffset));
  return { z: permuted(v, permutation), logDeterminant: op.ReduceSum(op.Log(psi), [0]) };
}

/**
 * The part of a block before its global scale and offset: the active half scaled and shifted by what the passive half
 * and the condition say.
 *
 * @returns u [C, N] and s [active, N]
 */
export function couple(
  x: Value,
  condition: Condition | undefined,
  parameters: CouplingBlockParameters,
  clampAlpha: number,
): { u: Value; logScale: Value } {
  const { graph } = x;
  const [channels] = x.shape as [number, number];
  const active = Math.floor(channels / 2);
  const [passiveHalf, activeHalf] = op.Split(x, [channels - active, active], 0) as [Value, Value];
  const hidden = op.Relu(steering(passiveHalf, condition, parameters));
  const a = op.Gemm(parameters.outputWeight, hidden, asColumn(parameters.outputBias));
  const [scales, shifts] = op.Split(op.Mul(a, graph.scalar(0.1)), [active, active], 0) as [Value, Value];
  const logScale = op.Mul(op.Tanh(scales), graph.scalar(clampAlpha));
  const moved = op.Add(op.Mul(activeHalf, op.Exp(logScale)), shifts);
  return { u: op.Concat([passiveHalf, moved], 0), logScale };
}

/** W₀ · (x₁, c) + b₀, [hidden, N]. */
function steering(
  passiveHalf: Value,
  condition: Condition | undefined,
  { featureWeight, conditionWeight, hiddenBias }: CouplingBlockParameters,
): Value {
  const bias = asColumn(hiddenBias);
  if (!condition || !conditionWeight) return op.Gemm(featureWeight, passiveHalf, bias);
  if ('columns' in condition) return onGrid(passiveHalf, condition, featureWeight, conditionWeight, bias);
  return op.Gemm(conditionWeight, condition, op.Gemm(featureWeight, passiveHalf, bias), { transB: true });
}

/**
 * The same where the positions make a grid: the encoding of a position is that of its column beside that of its row, so
 * its product is the sum of two, each computed once per column and once per row instead of once per fiber.
 */
function onGrid(
  passiveHalf: Value,
  { columns, rows, groups }: GridCondition,
  featureWeight: Value,
  conditionWeight: Value,
  bias: Value,
): Value {
  const [hidden] = featureWeight.shape as [number, number];
  const [half, width] = columns.shape as [number, number];
  const height = rows.shape[1] as number;
  const [columnWeight, rowWeight] = op.Split(conditionWeight, [half, half], 1) as [Value, Value];
  const columnTerm = op.Reshape(op.MatMul(columnWeight, columns), [hidden, 1, width]);
  const rowTerm = op.Reshape(op.Gemm(rowWeight, rows, bias), [hidden, height, 1]);
  const area = height * width;
  const terms = op.Reshape(op.Add(rowTerm, columnTerm), [hidden, area]);
  if (groups === 1) return op.Gemm(featureWeight, passiveHalf, terms);
  const product = op.Reshape(op.MatMul(featureWeight, passiveHalf), [hidden, groups, area]);
  return op.Reshape(op.Add(product, op.Reshape(terms, [hidden, 1, area])), [hidden, groups * area]);
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

/** Channels moved, or rotated; v is [C, N]. */
export function permuted(v: Value, permutation: Permutation): Value {
  return 'index' in permutation
    ? op.permute(v, permutation.index, permutation.inverse, 0)
    : op.Gemm(permutation.matrix, v);
}
