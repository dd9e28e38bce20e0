import { scoreCalibrationSchema } from '@cflow/spec';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  calibrate,
  falseAlarmProbability,
  falseAlarmRateInterval,
  thresholdForFalseAlarmRate,
} from './index.js';

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
const exponential = (next: () => number): number => -Math.log(next());
const gamma = (next: () => number): number => exponential(next) + exponential(next) + exponential(next);

const scoreSets = fc.oneof(
  fc.array(fc.float({ min: -1000, max: 1000, noNaN: true }), { minLength: 2, maxLength: 900 }),
  fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 2, maxLength: 80 }),
);
const rates = fc.double({ min: 1e-6, max: 0.999999, noNaN: true });

describe('calibrate', () => {
  it('gives JSON that the schema accepts, with at most 512 knots', () => {
    fc.assert(
      fc.property(scoreSets, (scores) => {
        const calibration = calibrate(scores);
        expect(scoreCalibrationSchema.parse(JSON.parse(JSON.stringify(calibration)))).toEqual(calibration);
      }),
    );
    expect(calibrate([-0, 0, 0]).scores).toEqual([0]);
    const many = calibrate(Float64Array.from({ length: 20_000 }, (_, i) => i));
    expect(many.scores).toHaveLength(512);
    expect(JSON.stringify(many).length).toBeLessThan(30_000);
  });

  it('gives a probability in (0, 1] that never rises with the score', () => {
    fc.assert(
      fc.property(scoreSets, fc.array(fc.double({ noNaN: true }), { maxLength: 20 }), (scores, others) => {
        const calibration = calibrate(scores);
        const probes = [...scores, ...others, ...scores.map((score) => score + 0.01)].sort((a, b) => a - b);
        const values = probes.map((score) => falseAlarmProbability(calibration, score));
        values.forEach((value, i) => {
          expect(value).toBeGreaterThan(0);
          expect(value).toBeLessThanOrEqual(i === 0 ? 1 : values[i - 1]!);
        });
      }),
    );
  });

  it('turns a rate into a threshold and back', () => {
    fc.assert(
      fc.property(scoreSets, rates, rates, (scores, a, b) => {
        const calibration = calibrate(scores);
        const threshold = thresholdForFalseAlarmRate(calibration, a);
        // A score of 1000 with a scale of 1e-4 holds the rate to nine digits less those of the ratio.
        const span = Math.max(...scores.map(Math.abs), Math.abs(threshold));
        const scale = Math.min(calibration.lowerScale, calibration.tail.meanExcess);
        fc.pre(scale > 1e-6 * span);
        expect(falseAlarmProbability(calibration, threshold) / a).toBeCloseTo(1, 6);
        const [rare, common] = a < b ? [a, b] : [b, a];
        expect(thresholdForFalseAlarmRate(calibration, rare)).toBeGreaterThanOrEqual(
          thresholdForFalseAlarmRate(calibration, common),
        );
      }),
    );
  });

  it('is the conformal p-value at the scores of the bulk', () => {
    const scores = Array.from({ length: 99 }, (_, i) => i + 1);
    const calibration = calibrate(scores);
    expect(falseAlarmProbability(calibration, 1)).toBeCloseTo(0.99, 15);
    expect(falseAlarmProbability(calibration, 50)).toBeCloseTo(0.5, 15);
    expect(falseAlarmProbability(calibration, 50.5)).toBeCloseTo(0.495, 15);
    expect(thresholdForFalseAlarmRate(calibration, 0.25)).toBeCloseTo(75, 12);
  });

  it('moves and stretches with the scores', () => {
    const next = random(4);
    const scores = Array.from({ length: 60 }, () => gamma(next));
    const moved = calibrate(scores.map((score) => 100 + 7 * score));
    const plain = calibrate(scores);
    for (const rate of [0.9, 0.1, 0.001]) {
      expect(thresholdForFalseAlarmRate(moved, rate)).toBeCloseTo(
        100 + 7 * thresholdForFalseAlarmRate(plain, rate),
        9,
      );
    }
  });

  it('copes with scores that are all equal', () => {
    const calibration = calibrate([0.5, 0.5, 0.5, 0.5]);
    expect(falseAlarmProbability(calibration, 0.5)).toBeCloseTo(0.8, 15);
    expect(falseAlarmProbability(calibration, 0.6)).toBeLessThan(1e-4);
    expect(falseAlarmProbability(calibration, 0.4)).toBe(1);
  });

  it('refuses too few scores, scores that are not finite, rates out of range', () => {
    expect(() => calibrate([1])).toThrow(/at least 2 good images, got 1/);
    expect(() => calibrate([1, Number.NaN])).toThrow(/finite/);
    expect(() => calibrate([1, Number.POSITIVE_INFINITY])).toThrow(/finite/);
    expect(() => calibrate([1, 2], { tailShare: 1 })).toThrow(/tailShare/);
    const calibration = calibrate([1, 2, 3]);
    for (const rate of [0, 1, -1, Number.NaN]) {
      expect(() => thresholdForFalseAlarmRate(calibration, rate)).toThrow(/false-alarm rate/);
    }
    expect(() => falseAlarmProbability(calibration, Number.NaN)).toThrow(/not a number/);
  });
});

describe('the realised false-alarm rate', () => {
  // Every trial draws a calibration set and one fresh good image, so that the alarms are independent and their number is
  // binomial with the rate that was asked for, if the calibration keeps its word.
  const trials = 20_000;
  const alarms = (draw: (next: () => number) => number, n: number, rate: number): number => {
    const next = random(n * 1000 + Math.round(rate * 1e4));
    let count = 0;
    const scores = new Float64Array(n);
    for (let t = 0; t < trials; t++) {
      for (let i = 0; i < n; i++) scores[i] = draw(next);
      if (draw(next) >= thresholdForFalseAlarmRate(calibrate(scores), rate)) count++;
    }
    return count;
  };

  it.each([
    ['exponential', exponential, 20, 0.1],
    ['exponential', exponential, 20, 0.01],
    ['exponential', exponential, 60, 0.002],
    ['normal', normal, 20, 0.5],
    ['normal', normal, 30, 0.4],
    ['gamma', gamma, 60, 0.3],
    ['gamma', gamma, 60, 0.1],
  ] as const)('of %s scores, %# : n = %s', (_name, draw, n, rate) => {
    const [low, high] = falseAlarmRateInterval(alarms(draw, n, rate), trials, 0.999);
    expect(low).toBeLessThanOrEqual(rate);
    expect(high).toBeGreaterThanOrEqual(rate);
  });

  it.each([
    ['normal', normal, 40, 0.01],
    ['gamma', gamma, 40, 0.005],
  ] as const)(
    'of %s scores, whose tail is lighter than exponential, errs on the quiet side',
    (_name, draw, n, rate) => {
      const [low, high] = falseAlarmRateInterval(alarms(draw, n, rate), trials, 0.999);
      expect(low).toBeLessThanOrEqual(rate);
      expect(high).toBeGreaterThan(rate / 20);
    },
  );
});

describe('falseAlarmRateInterval', () => {
  it('covers the rate at least as often as it says', () => {
    // Exact coverage by summing the binomial distribution.
    const n = 25;
    const intervals = Array.from({ length: n + 1 }, (_, k) => falseAlarmRateInterval(k, n));
    for (const rate of [0.001, 0.02, 0.1, 0.37, 0.5, 0.93]) {
      let coverage = 0;
      let term = (1 - rate) ** n;
      intervals.forEach(([low, high], k) => {
        if (low <= rate && rate <= high) coverage += term;
        term *= ((n - k) / (k + 1)) * (rate / (1 - rate));
      });
      expect(coverage).toBeGreaterThanOrEqual(0.95);
    }
  });

  it('refuses counts that cannot be', () => {
    for (const [k, n, confidence] of [
      [1, 0, 0.9],
      [-1, 3, 0.9],
      [4, 3, 0.9],
      [0.5, 3, 0.9],
      [1, 3, 1],
    ] as const) {
      expect(() => falseAlarmRateInterval(k, n, confidence)).toThrow(/falseAlarms/);
    }
  });
});
