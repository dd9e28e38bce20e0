import type { Value } from '../graph.js';
import { Sqrt } from '../operators/activation.js';
import { Add, Div, Mul, Sub } from '../operators/arithmetic.js';

/**
 * What Adam remembers of one parameter, as sums rather than means: Σ β₁ᵏ g and Σ β₂ᵏ g² over past gradients. The
 * usual running means are (1 - β₁) and (1 - β₂) times these; leaving the factors to the step size saves three passes
 * over every parameter.
 */
export interface AdamState {
  gradientSum: Value;
  squareSum: Value;
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
export interface AdamStep {
  stepSize: Value;
  epsilon: Value;
}

/**
 * Step sizes and epsilons of steps `first`, `first + 1`, … (counted from 1) for the given learning rates, with the bias
 * corrections inside. Computed here in double precision, because 1 - 0.999 in float32 is off by 1e-5.
 */
export function adamSteps(
  learningRates: ArrayLike<number>,
  first: number,
  { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: AdamOptions = {},
): { stepSizes: Float32Array; epsilons: Float32Array } {
  const count = learningRates.length;
  const stepSizes = new Float32Array(count);
  const epsilons = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const root = Math.sqrt((1 - beta2) / (1 - beta2 ** (first + i)));
    stepSizes[i] = (learningRates[i]! * (1 - beta1)) / (1 - beta1 ** (first + i)) / root;
    epsilons[i] = epsilon / root;
  }
  return { stepSizes, epsilons };
}

/**
 * One step of Adam (Kingma and Ba, 2015) on one parameter: with M = Σ β₁ᵏ g and V = Σ β₂ᵏ g²,
 * M ← β₁M + g, V ← β₂V + g², p ← p - s · M / (√V + e).
 * With k = √((1-β₂) / (1-β₂ᵗ)), s = lr (1-β₁) / (1-β₁ᵗ) / k and e = ε / k this is the usual
 * p - lr · m̂ / (√v̂ + ε), multiplied out.
 */
export function adam(
  parameter: Value,
  gradient: Value,
  state: AdamState,
  step: AdamStep,
  { beta1 = 0.9, beta2 = 0.999 }: AdamOptions = {},
): { parameter: Value; state: AdamState } {
  const { graph } = parameter;
  const gradientSum = Add(Mul(state.gradientSum, graph.scalar(beta1)), gradient);
  const squareSum = Add(Mul(state.squareSum, graph.scalar(beta2)), Mul(gradient, gradient));
  const update = Div(Mul(gradientSum, step.stepSize), Add(Sqrt(squareSum), step.epsilon));
  return { parameter: Sub(parameter, update), state: { gradientSum, squareSum } };
}
