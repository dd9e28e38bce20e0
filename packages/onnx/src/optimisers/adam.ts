import type { Value } from '../graph.js';
import { Sqrt } from '../operators/activation.js';
import { Add, Div, Mul, Sub } from '../operators/arithmetic.js';

/** What Adam remembers of one parameter: running means of its gradient and of the gradient squared. */
export interface AdamState {
  expAvg: Value;
  expAvgSq: Value;
}

export interface AdamOptions {
  /** Default 0.9. */
  beta1?: number;
  /** Default 0.999. */
  beta2?: number;
  /** Added to the denominator after its bias correction. Default 1e-8. */
  epsilon?: number;
}

/** The two numbers of a step that depend on its count; the same for all parameters. Scalars of the graph. */
export interface AdamStepSize {
  /** lr / (1 - beta1^t). */
  stepSize: Value;
  /** 1 / sqrt(1 - beta2^t). */
  inverseSqrtCorrection: Value;
}

/**
 * The step sizes of steps `first`, `first + 1`, … (counted from 1) for the given learning rates. Computed here in
 * double precision, because 1 - 0.999 in float32 is off by 1e-5, and the graph reads them as inputs.
 */
export function adamStepSizes(
  learningRates: ArrayLike<number>,
  first: number,
  { beta1 = 0.9, beta2 = 0.999 }: AdamOptions = {},
): { stepSizes: Float32Array; inverseSqrtCorrections: Float32Array } {
  const count = learningRates.length;
  const stepSizes = new Float32Array(count);
  const inverseSqrtCorrections = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    stepSizes[i] = (learningRates[i] as number) / (1 - beta1 ** (first + i));
    inverseSqrtCorrections[i] = 1 / Math.sqrt(1 - beta2 ** (first + i));
  }
  return { stepSizes, inverseSqrtCorrections };
}

/**
 * One step of Adam (Kingma and Ba, 2015) on one parameter:
 * m ← m + (1-β₁)(g - m), v ← β₂v + (1-β₂)g², p ← p - lr/(1-β₁ᵗ) · m / (√v / √(1-β₂ᵗ) + ε).
 */
export function adam(
  parameter: Value,
  gradient: Value,
  state: AdamState,
  step: AdamStepSize,
  { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: AdamOptions = {},
): { parameter: Value; state: AdamState } {
  const { graph } = parameter;
  const expAvg = Add(state.expAvg, Mul(Sub(gradient, state.expAvg), graph.scalar(1 - beta1)));
  const squared = Mul(Mul(gradient, graph.scalar(1 - beta2)), gradient);
  const expAvgSq = Add(Mul(state.expAvgSq, graph.scalar(beta2)), squared);
  const denominator = Add(Mul(Sqrt(expAvgSq), step.inverseSqrtCorrection), graph.scalar(epsilon));
  const update = Mul(Div(expAvg, denominator), step.stepSize);
  return { parameter: Sub(parameter, update), state: { expAvg, expAvgSq } };
}
