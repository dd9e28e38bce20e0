import { describe, expect, it } from 'vitest';
import { Graph } from '../graph.js';
import { float32 } from '../tensor.js';
import { runGraph } from '../testing/run-graph.js';
import { type AdamOptions, adam, adamSteps } from './adam.js';

const SIZE = 6;

/** Gradients of very different sizes, one parameter without any, another whose gradient stops half way. */
function gradientAt(step: number): Float32Array {
  return Float32Array.from({ length: SIZE }, (_, i) => {
    if (i === 0 || (i === 1 && step > 20)) return 0;
    return 10 ** (2 * i - 6) * Math.sin(1 + 7 * step + i);
  });
}

/** The update as published, in double precision: running means, their bias corrections, epsilon after the root. */
class PlainAdam {
  readonly parameter = Float64Array.from({ length: SIZE }, (_, i) => i - 2.5);
  readonly #mean = new Float64Array(SIZE);
  readonly #square = new Float64Array(SIZE);
  #step = 0;

  update(gradient: Float32Array, rate: number, options: AdamOptions): void {
    const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
    this.#step += 1;
    gradient.forEach((g, i) => {
      const mean = beta1 * this.#mean[i]! + (1 - beta1) * g;
      const square = beta2 * this.#square[i]! + (1 - beta2) * g * g;
      [this.#mean[i], this.#square[i]] = [mean, square];
      const corrected = mean / (1 - beta1 ** this.#step);
      const root = Math.sqrt(square / (1 - beta2 ** this.#step));
      this.parameter[i] = this.parameter[i]! - (rate * corrected) / (root + epsilon);
    });
  }
}

function stepGraph(options: AdamOptions): Graph {
  const graph = new Graph('adam');
  const input = (name: string) => graph.input(name, 'float32', [SIZE]);
  const { parameter, state } = adam(
    input('parameter'),
    input('gradient'),
    { gradientSum: input('gradient_sum'), squareSum: input('square_sum') },
    { stepSize: graph.input('step_size', 'float32', []), epsilon: graph.input('epsilon', 'float32', []) },
    options,
  );
  graph.output('next_parameter', parameter);
  graph.output('next_gradient_sum', state.gradientSum);
  graph.output('next_square_sum', state.squareSum);
  return graph;
}

describe('adam', () => {
  it.each<[string, AdamOptions]>([
    ['the defaults', {}],
    ['other factors', { beta1: 0.8, beta2: 0.99, epsilon: 1e-3 }],
  ])('is the published update, step by step, with %s', async (_, options) => {
    const rates = Array.from({ length: 40 }, (_, step) => 1e-2 / (1 + step / 10));
    const { stepSizes, epsilons } = adamSteps(rates, 1, options);
    const plain = new PlainAdam();
    const graph = stepGraph(options);
    let state = {
      parameter: float32([SIZE], Float32Array.from(plain.parameter)),
      gradient_sum: float32([SIZE], new Float32Array(SIZE)),
      square_sum: float32([SIZE], new Float32Array(SIZE)),
    };
    for (const [step, rate] of rates.entries()) {
      const gradient = gradientAt(step);
      plain.update(gradient, rate, options);
      const next = await runGraph(graph, {
        ...state,
        gradient: float32([SIZE], gradient),
        step_size: float32([], [stepSizes[step]!]),
        epsilon: float32([], [epsilons[step]!]),
      });
      const take = (name: string) => float32([SIZE], next[name]?.data as Float32Array);
      state = {
        parameter: take('next_parameter'),
        gradient_sum: take('next_gradient_sum'),
        square_sum: take('next_square_sum'),
      };
      plain.parameter.forEach((expected, i) => {
        expect(state.parameter.data[i], `parameter ${i} after step ${step + 1}`).toBeCloseTo(expected, 5);
      });
    }
    // It moved, and what never had a gradient did not.
    expect(Math.abs(plain.parameter[2]! + 0.5)).toBeGreaterThan(1e-2);
    expect(state.parameter.data[0]).toBe(-2.5);
  });
});

describe('adamSteps', () => {
  it('goes on with the count of steps', () => {
    const rates = Array.from({ length: 30 }, (_, step) => 1e-3 * (1 + step));
    const [whole, rest] = [adamSteps(rates, 1), adamSteps(rates.slice(12), 13)];
    expect(rest.stepSizes).toEqual(whole.stepSizes.slice(12));
    expect(rest.epsilons).toEqual(whole.epsilons.slice(12));
  });

  it('corrects in double precision', () => {
    // 1 - 0.999 in float32 is off by 1.3e-5 of itself; the first step would be, too.
    const { stepSizes, epsilons } = adamSteps([1], 1);
    expect(stepSizes[0]).toBe(1);
    expect(epsilons[0]).toBe(Math.fround(1e-8));
  });
});
