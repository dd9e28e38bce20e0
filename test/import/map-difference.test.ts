import { expect, it } from 'vitest';
import { mapDifference, scoreDifference } from './map-difference.js';

it('measures values by themselves, and those near nothing by the largest', () => {
  const theirs = [Float32Array.of(1, 0.5, 0.001)];
  const { map, nearNothing } = mapDifference([Float32Array.of(1, 0.51, 0.002)], theirs);
  expect(map).toBeCloseTo(0.02, 5);
  expect(nearNothing).toBeCloseTo(0.001, 5);
  expect(mapDifference(theirs, theirs)).toEqual({ map: 0, nearNothing: 0 });
  expect(scoreDifference([2, 4.1], [2, 4])).toBeCloseTo(0.025, 10);
});
