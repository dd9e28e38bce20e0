import fc from 'fast-check';
import { expect, it } from 'vitest';
import { shareOut } from './lanes.js';

it('gives the heaviest first to the lane that has least', () => {
  expect(shareOut([4, 3, 2], 2)).toEqual([[0], [1, 2]]);
  expect(shareOut([1, 8, 2, 4], 2)).toEqual([[1], [0, 2, 3]]);
  expect(shareOut([1, 1, 1, 1], 2)).toEqual([
    [0, 2],
    [1, 3],
  ]);
});

it('has no empty lane, however many there could be', () => {
  expect(shareOut([1, 1], 16)).toEqual([[0], [1]]);
  expect(shareOut([5], 4)).toEqual([[0]]);
  expect(shareOut([1, 2, 3], 1)).toEqual([[0, 1, 2]]);
});

it('gives every piece to one lane, in order, none much heavier than it must be', () => {
  const costs = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(costs, fc.integer({ min: 1, max: 8 }), (pieces, count) => {
      const lanes = shareOut(pieces, count);
      expect(lanes.flat().sort((a, b) => a - b)).toEqual(pieces.map((_, i) => i));
      for (const lane of lanes) expect(lane).toEqual([...lane].sort((a, b) => a - b));
      const load = lanes.map((lane) => lane.reduce((sum, i) => sum + pieces[i]!, 0));
      // Graham's bound: under twice the best, which is at least the mean and the heaviest piece.
      const least = Math.max(...pieces, pieces.reduce((a, b) => a + b) / lanes.length);
      expect(Math.max(...load)).toBeLessThan(least * 2);
    }),
  );
});
