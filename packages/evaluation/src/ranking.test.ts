import { CflowError } from '@cflow/spec';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { auroc, averagePrecision, optimalF1, rocCurve } from './index.js';

const samples = fc.array(fc.tuple(fc.integer({ min: -5, max: 5 }), fc.boolean()), {
  minLength: 1,
  maxLength: 60,
});
const split = (pairs: [number, boolean][]): [number[], boolean[]] => [
  pairs.map(([score]) => score),
  pairs.map(([, bad]) => bad),
];

describe('ranking metrics', () => {
  it('count pairs, a tie for half', () => {
    fc.assert(
      fc.property(samples, (pairs) => {
        const [scores, labels] = split(pairs);
        let wins = 0;
        let count = 0;
        for (const [b, isBad] of pairs) {
          for (const [g, otherIsBad] of pairs) {
            if (!isBad || otherIsBad) continue;
            wins += b > g ? 1 : b === g ? 0.5 : 0;
            count++;
          }
        }
        expect(auroc(scores, labels)).toBe(wins / count);
      }),
    );
  });

  it('take the area under the ROC curve, and turn with the sign of the scores', () => {
    fc.assert(
      fc.property(samples, (pairs) => {
        const [scores, labels] = split(pairs);
        fc.pre(labels.includes(true) && labels.includes(false));
        const { falsePositiveRate: x, truePositiveRate: y, thresholds } = rocCurve(scores, labels);
        let area = 0;
        for (let i = 1; i < x.length; i++) area += ((x[i]! - x[i - 1]!) * (y[i]! + y[i - 1]!)) / 2;
        expect(area).toBeCloseTo(auroc(scores, labels), 12);
        expect([x[0], y[0], x.at(-1), y.at(-1), thresholds[0]]).toEqual([
          0,
          0,
          1,
          1,
          Number.POSITIVE_INFINITY,
        ]);
        expect(
          auroc(
            scores.map((score) => -score),
            labels,
          ),
        ).toBeCloseTo(1 - auroc(scores, labels), 12);
      }),
    );
  });

  it('find the F1 that trying every score finds, at the threshold they name', () => {
    fc.assert(
      fc.property(samples, (pairs) => {
        const [scores, labels] = split(pairs);
        fc.pre(labels.includes(true));
        const f1At = (threshold: number): number => {
          const called = pairs.filter(([score]) => score >= threshold);
          const hits = called.filter(([, bad]) => bad).length;
          return (2 * hits) / (called.length + labels.filter(Boolean).length);
        };
        const best = optimalF1(scores, labels);
        expect(best.f1).toBe(Math.max(...scores.map(f1At)));
        expect(f1At(best.threshold)).toBe(best.f1);
      }),
    );
  });

  it('are the same for float32, float64 and plain arrays', () => {
    const labels = [0, 1, 0, 1, 1];
    const scores = [0.5, 0.25, 0.125, 2, Number.POSITIVE_INFINITY];
    for (const typed of [Float32Array.from(scores), Float64Array.from(scores)]) {
      const before = typed.slice();
      expect(auroc(typed, labels)).toBe(auroc(scores, labels));
      expect(typed).toEqual(before);
    }
  });

  it('are NaN where a class is missing', () => {
    expect(auroc([1, 2], [1, 1])).toBeNaN();
    expect(auroc([], [])).toBeNaN();
    expect(averagePrecision([1, 2], [0, 0])).toBeNaN();
    expect(optimalF1([1, 2], [0, 0])).toEqual({
      f1: Number.NaN,
      threshold: Number.NaN,
      precision: Number.NaN,
      recall: Number.NaN,
    });
  });

  it('refuse a NaN score and lists of two lengths', () => {
    const bad = [() => auroc([1, Number.NaN, 3], [0, 0, 1]), () => auroc([1, 2, 3], [0, 1])];
    for (const call of bad) expect(call).toThrowError(expect.toSatisfy(CflowError.isInstance));
  });
});
