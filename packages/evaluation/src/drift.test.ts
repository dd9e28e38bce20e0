import { DataSetError } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { calibrate } from './calibrate.js';
import { driftTest } from './drift.js';

/** Mulberry32: uniform numbers in (0, 1). */
function random(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (((t ^ (t >>> 14)) >>> 0) + 0.5) / 2 ** 32;
  };
}
const normal = (next: () => number): number =>
  Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next());
const sample = (count: number, draw: () => number): number[] => Array.from({ length: count }, draw);

/** Share of trials in which a drift was seen at the 5 % level. */
function rejections(m: number, n: number, draw: (next: () => number) => number, trials = 1000): number {
  let rejected = 0;
  for (let trial = 0; trial < trials; trial++) {
    const next = random(trial * 7919 + m * 31 + n);
    const calibration = calibrate(sample(m, () => normal(next)));
    const { pValue } = driftTest(
      calibration,
      sample(n, () => draw(next)),
    );
    if (pValue < 0.05) rejected++;
  }
  return rejected / trials;
}

describe('driftTest', () => {
  it.each([
    [20, 50],
    [60, 1000],
    [200, 200],
    [1000, 100],
  ])('calibrated on %i images, sees a drift in at most 5 % of %i scores that have none', (m, n) => {
    // Three standard errors of a share of 1000 trials are 0.021.
    expect(rejections(m, n, normal)).toBeLessThan(0.05 + 0.021);
  });

  it.each([
    ['a shift of one standard deviation', (next: () => number) => normal(next) + 1],
    ['a scale of two', (next: () => number) => 2 * normal(next)],
    ['half of the parts bad', (next: () => number) => normal(next) + (next() < 0.5 ? 4 : 0)],
  ])('sees %s', (_, draw) => {
    expect(rejections(200, 300, draw, 200)).toBeGreaterThan(0.95);
  });

  it('gives the distance and probability of a worked example', () => {
    // Two scores far above all of calibration: u is near 0 for both, so the distance is nearly 1.
    const calibration = calibrate(sample(100, random(1)));
    const { statistic, pValue } = driftTest(calibration, [50, 60]);
    expect(statistic).toBeGreaterThan(0.99);
    // N = 200/102, lambda = (sqrt(N) + 0.12 + 0.11/sqrt(N)) D, p = 2 exp(-2 lambda^2) and smaller terms.
    const root = Math.sqrt(200 / 102);
    const lambda = (root + 0.12 + 0.11 / root) * statistic;
    expect(pValue).toBeCloseTo(2 * Math.exp(-2 * lambda ** 2), 6);
  });

  it('does not depend on the order, and is within [0, 1]', () => {
    const next = random(3);
    const calibration = calibrate(sample(50, () => normal(next)));
    const scores = sample(30, () => normal(next));
    const found = driftTest(calibration, scores);
    expect(driftTest(calibration, [...scores].reverse())).toEqual(found);
    // As many scores as calibration has, and the same: no distance to speak of.
    const same = driftTest(calibration, calibration.scores);
    for (const { statistic, pValue } of [found, same]) {
      expect(statistic).toBeGreaterThanOrEqual(0);
      expect(statistic).toBeLessThanOrEqual(1);
      expect(pValue).toBeGreaterThanOrEqual(0);
      expect(pValue).toBeLessThanOrEqual(1);
    }
  });

  it('needs scores that are numbers', () => {
    const calibration = calibrate([1, 2, 3]);
    expect(() => driftTest(calibration, [])).toThrow(DataSetError);
    expect(() => driftTest(calibration, [1, Number.NaN])).toThrow(DataSetError);
  });
});
