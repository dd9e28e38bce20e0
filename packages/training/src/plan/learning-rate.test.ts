import { describe, expect, it } from 'vitest';
import { learningRate, type SchedulePlace } from './learning-rate.js';

const place = (changes: Partial<SchedulePlace>): SchedulePlace => ({
  step: 0,
  totalSteps: 100,
  epoch: 0,
  epochs: 10,
  batch: 0,
  batches: 5,
  ...changes,
});

describe('the constant schedule', () => {
  it('is the rate', () => {
    expect(learningRate({ kind: 'constant' }, 1e-4, place({ step: 99, epoch: 9 }))).toBe(1e-4);
  });
});

describe('the cosine schedule', () => {
  const rates = (warmup: number, final: number, totalSteps: number): number[] =>
    Array.from({ length: totalSteps }, (_, step) =>
      learningRate({ kind: 'cosine', warmup, final }, 2, place({ step, totalSteps })),
    );

  it('rises in equal steps to the rate, then falls along half a cosine to its end', () => {
    const found = rates(0.1, 0.25, 100);
    const rise = found.slice(0, 11).map((rate, i) => rate - (found[i - 1] ?? 0));
    for (const step of rise) expect(step).toBeCloseTo(2 / 11, 12);
    expect(found[10]).toBe(2);
    // Half-way down is half-way between the rate and its quarter.
    expect(found[55]).toBeCloseTo((2 + 0.5) / 2, 12);
    for (let i = 11; i < 100; i++) expect(found[i]).toBeLessThan(found[i - 1]!);
    expect(found[99]).toBeGreaterThan(0.5);
    expect(found[99]).toBeLessThan(0.51);
  });

  it('is never zero, nor above the rate, however few the steps', () => {
    for (const total of [1, 2, 3, 7]) {
      for (const rate of rates(0.5, 0.01, total)) {
        expect(rate).toBeGreaterThan(0);
        expect(rate).toBeLessThanOrEqual(2);
      }
    }
  });
});

// The original repository's two functions, written down anew from their description.
function original(lr: number, metaEpochs: number, meta: number, iteration: number, perMeta: number): number {
  const lowest = lr * 0.1 ** 3;
  const cosine = (epoch: number) =>
    lowest + ((lr - lowest) * (1 + Math.cos((Math.PI * epoch) / metaEpochs))) / 2;
  if (meta >= 2) return cosine(meta);
  const from = lr / 10;
  return from + ((iteration + meta * perMeta) / (2 * perMeta)) * (cosine(2) - from);
}

describe("the paper's schedule", () => {
  const schedule = { kind: 'paper', subEpochs: 8, warmupEpochs: 2 } as const;
  const batches = 7;
  const rate = (epoch: number, batch: number): number =>
    learningRate(schedule, 2e-4, place({ epoch, epochs: 200, batch, batches }));

  it("is the original's for every batch of 25 meta-epochs of 8", () => {
    for (let epoch = 0; epoch < 200; epoch++) {
      for (let batch = 0; batch < batches; batch++) {
        const iteration = (epoch % 8) * batches + batch;
        const expected = original(2e-4, 25, Math.floor(epoch / 8), iteration, 8 * batches);
        expect(Math.abs(rate(epoch, batch) - expected)).toBeLessThan(1e-15);
      }
    }
  });

  it('warms up from a tenth of the rate to the value of the third meta-epoch', () => {
    expect(rate(0, 0)).toBe(2e-5);
    expect(rate(16, 0)).toBeCloseTo(1.9686e-4, 8);
    // The step before is one of 2 x 8 x 7 below.
    expect(rate(16, 0) - rate(15, 6)).toBeCloseTo((rate(16, 0) - 2e-5) / 112, 12);
  });

  it('is constant within a meta-epoch and ends just above a thousandth', () => {
    expect(new Set(Array.from({ length: 8 * batches }, (_, i) => rate(24 + (i % 8), i % 7))).size).toBe(1);
    expect(rate(199, 6)).toBeGreaterThan(2e-7);
    expect(rate(199, 6)).toBeLessThan(2e-6);
  });
});
