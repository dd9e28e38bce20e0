import { type RandomGenerator, randomStream, standardTensorName, uniform } from '@cflow/model';
import { describe, expect, it } from 'vitest';
import { LayerStandardEstimate } from './layer-standards.js';

const LAYER = { name: 'layer', channels: 4, height: 6, width: 8 };
const POSITIONS = LAYER.height * LAYER.width;

/** Numbers of mean 0 and deviation 1. */
const noiseOf = (random: RandomGenerator): number[] =>
  Array.from({ length: POSITIONS }, () => uniform(random, -Math.sqrt(3), Math.sqrt(3)));

/** Images whose positions differ by `between` deviations, and which stray from that by `within`. */
function estimate(images: number, { between = 1, within = 0.5, constant = -3 } = {}) {
  const random = randomStream(7, `${images}/${between}/${within}`);
  const usual = noiseOf(random).map((value) => constant + between * value);
  const standard = new LayerStandardEstimate(LAYER);
  for (let i = 0; i < images; i++) {
    const noise = noiseOf(random);
    standard.add({ data: Float32Array.from(usual, (value, p) => value + within * noise[p]!) });
  }
  const tensors = new Map(standard.tensors());
  const read = (part: 'mean' | 'deviation') => {
    const { data, dims } = tensors.get(standardTensorName('layer', part)) ?? {};
    return { values: [...((data as Float32Array | undefined) ?? [])], dims };
  };
  return { usual, mean: read('mean'), deviation: read('deviation') };
}

const spread = (values: readonly number[]): number => {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
};

describe('LayerStandardEstimate', () => {
  it('finds what is usual at each position, and how far images stray from it', () => {
    const { usual, mean, deviation } = estimate(400);
    expect([mean.dims, deviation.dims]).toEqual([[1, 1, 6, 8], [1]]);
    expect(Math.max(...mean.values.map((value, p) => Math.abs(value - usual[p]!)))).toBeLessThan(0.1);
    expect(deviation.values[0]).toBeCloseTo(0.5, 1);
  });

  it('makes nothing of differences that a few images have by chance', () => {
    // Four images of noise alone: their means differ by half a deviation, of which next to nothing is kept.
    const { mean } = estimate(4, { between: 0, within: 1 });
    expect(spread(mean.values)).toBeLessThan(0.2);
    // What really differs is kept.
    expect(spread(estimate(4, { between: 3, within: 1 }).mean.values)).toBeGreaterThan(2);
  });

  it('gives a deviation above 0 for one image, and for images that are all the same', () => {
    for (const { deviation, mean } of [
      estimate(1),
      estimate(5, { within: 0 }),
      estimate(3, { between: 0, within: 0, constant: 0 }),
    ]) {
      expect(deviation.values[0]).toBeGreaterThan(0);
      for (const value of [...mean.values, ...deviation.values]) expect(Number.isFinite(value)).toBe(true);
    }
  });

  it('stays finite where a likelihood has underflowed', () => {
    const standard = new LayerStandardEstimate(LAYER);
    for (let i = 0; i < 3; i++)
      standard.add({ data: new Float32Array(POSITIONS).fill(i === 0 ? Number.NEGATIVE_INFINITY : -2) });
    for (const [, { data }] of standard.tensors())
      for (const value of data as Float32Array) expect(Number.isFinite(value)).toBe(true);
  });
});
