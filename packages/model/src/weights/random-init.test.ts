import { describe, expect, it } from 'vitest';
import { gaussians, naturalLogarithm, randomPermutation, randomStream } from './random.js';
import { batchNormInit, defaultInit, kaimingNormalFanOut } from './random-init.js';

const variance = (values: ArrayLike<number>) =>
  Array.from(values).reduce((sum, value) => sum + value * value, 0) / values.length;

/** Largest difference between the empirical distribution and `cdf`, times sqrt(n): above 1.95 in 0.1 % of samples. */
function kolmogorov(values: ArrayLike<number>, cdf: (x: number) => number): number {
  const sorted = Array.from(values).sort((a, b) => a - b);
  const distances = sorted.map((value, i) =>
    Math.max((i + 1) / sorted.length - cdf(value), cdf(value) - i / sorted.length),
  );
  return Math.max(...distances) * Math.sqrt(sorted.length);
}

/** Normal distribution function: the density summed by the midpoint rule; good to 1e-4 or better within 6. */
function normalCdf(x: number): number {
  const steps = 400;
  let sum = 0;
  for (let i = 0; i < steps; i++) sum += Math.exp(-0.5 * (((i + 0.5) * x) / steps) ** 2);
  return 0.5 + (sum * x) / steps / Math.sqrt(2 * Math.PI);
}

describe('randomStream', () => {
  it('depends on seed and name, and on nothing else', () => {
    const first = (seed: number, name: string) => {
      const stream = randomStream(seed, name);
      return [stream.next(), stream.next(), stream.next()];
    };
    expect(first(1, 'a')).toEqual(first(1, 'a'));
    const all = [
      first(1, 'a'),
      first(2, 'a'),
      first(1, 'b'),
      first(-1, 'a'),
      first(2 ** 40, 'a'),
      first(1, ''),
    ];
    expect(new Set(all.map(String)).size).toBe(all.length);
    expect(() => randomStream(0.5, 'a')).toThrow(RangeError);
  });

  it('gives unrelated first numbers for neighboring seeds', () => {
    const firsts = Array.from(
      { length: 5000 },
      (_, seed) => (randomStream(seed, 'x').next() >>> 0) / 2 ** 32,
    );
    expect(kolmogorov(firsts, (x) => x)).toBeLessThan(1.95);
    const products = firsts.slice(1).map((value, i) => (value - 0.5) * (firsts[i]! - 0.5) * 12);
    expect(Math.abs(products.reduce((a, b) => a + b, 0) / products.length)).toBeLessThan(
      4 / Math.sqrt(products.length),
    );
  });
});

describe('gaussians', () => {
  it('are standard normal, and independent of one another', () => {
    const values = gaussians(randomStream(7, 'gauss'), 20_001);
    expect(values).toHaveLength(20_001);
    expect(kolmogorov(values, normalCdf)).toBeLessThan(1.95);
    const fourth = variance(values.map((value) => value * value));
    expect(Math.abs(fourth - 3)).toBeLessThan(4 * Math.sqrt(96 / values.length));
    const neighbors = values.subarray(1).map((value, i) => value * values[i]!);
    expect(Math.abs(neighbors.reduce((a, b) => a + b, 0) / neighbors.length)).toBeLessThan(
      4 / Math.sqrt(neighbors.length),
    );
  });

  it('are these very numbers on every engine', () => {
    expect([...gaussians(randomStream(0, 'pinned'), 4)]).toEqual([
      -0.7975106781506981, -0.19178659655188726, 0.5859045915467952, 0.0703785448168102,
    ]);
  });

  it("rest on a logarithm as good as the engine's", () => {
    for (let x = 1e-12; x < 1; x *= 1.7)
      expect(Math.abs(naturalLogarithm(x) / Math.log(x) - 1)).toBeLessThan(1e-15);
    expect(naturalLogarithm(1)).toBe(0);
    expect(naturalLogarithm(8)).toBeCloseTo(Math.log(8), 15);
  });
});

describe('initializations', () => {
  it('default: uniform within 1 / sqrt(fanIn), weight and bias', () => {
    const { weight, bias } = defaultInit(randomStream(3, 'linear'), [64, 16, 3, 3]);
    expect([weight.dims, bias.dims]).toEqual([[64, 16, 3, 3], [64]]);
    expect(kolmogorov(weight.data, (x) => (x * 12 + 1) / 2)).toBeLessThan(1.95);
    expect(kolmogorov(bias.data, (x) => (x * 12 + 1) / 2)).toBeLessThan(1.95);
  });

  it.each([
    [1, 2 / (64 * 9)],
    [64, 2 / 9],
  ])('kaiming normal over the outputs, %i groups', (groups, expected) => {
    const { data } = kaimingNormalFanOut(randomStream(3, 'conv'), [64, 32, 3, 3], groups);
    expect(kolmogorov(data, (x) => normalCdf(x / Math.sqrt(expected)))).toBeLessThan(1.95);
  });

  it('batch norm begins as the identity', () => {
    const { weight, bias, runningMean, runningVariance } = batchNormInit(2);
    expect([weight, bias, runningMean, runningVariance].map(({ data }) => [...data])).toEqual([
      [1, 1],
      [0, 0],
      [0, 0],
      [1, 1],
    ]);
  });

  it('are equal for equal seeds', () => {
    const make = (seed: number) => defaultInit(randomStream(seed, 'w'), [8, 8]);
    expect(make(1)).toEqual(make(1));
    expect(make(1)).not.toEqual(make(2));
  });
});

describe('randomPermutation', () => {
  it('is a permutation, and each is equally likely', () => {
    const random = randomStream(5, 'permutation');
    expect([...randomPermutation(random, 100)].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 100 }, (_, i) => i),
    );
    expect(randomPermutation(random, 0)).toHaveLength(0);
    const counts = new Map<string, number>();
    for (let i = 0; i < 24_000; i++) {
      const key = randomPermutation(random, 4).join();
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    // Chi-squared with 23 degrees of freedom: above 49.7 in 0.1 % of samples.
    expect([...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0)).toBeLessThan(
      49.7,
    );
  });
});
