import fc from 'fast-check';
import { expect, it } from 'vitest';
import { planBatches } from './batch-sizes.js';

const sizes = fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });

it('every image has one place, and every batch a size that was warmed', () => {
  fc.assert(
    fc.property(fc.nat(200), sizes, (count, batchSizes) => {
      let next = 0;
      for (const { start, end, padTo } of planBatches(count, { batchSizes, maxBatch: 3 })) {
        expect(start).toBe(next);
        expect(end).toBeGreaterThan(start);
        expect(batchSizes).toContain(padTo);
        expect(padTo).toBeGreaterThanOrEqual(end - start);
        // No smaller one would have done.
        expect(batchSizes.some((size) => size >= end - start && size < padTo)).toBe(false);
        next = end;
      }
      expect(next).toBe(count);
    }),
  );
});

it('without sizes no batch is padded', () => {
  expect(planBatches(19, { maxBatch: 8 })).toEqual([
    { start: 0, end: 8, padTo: 8 },
    { start: 8, end: 16, padTo: 8 },
    { start: 16, end: 19, padTo: 3 },
  ]);
});
