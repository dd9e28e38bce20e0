import { expect, it } from 'vitest';
import { evenlySpaced } from './evenly-spaced.js';

it.each([
  [[], 3, []],
  [[1, 2, 3], 0, []],
  [[1, 2, 3], 3, [1, 2, 3]],
  [[1, 2, 3], 9, [1, 2, 3]],
  [[1, 2, 3, 4, 5, 6], 3, [1, 3, 5]],
  [[1, 2, 3, 4, 5, 6, 7], 3, [1, 3, 5]],
  [[1, 2, 3, 4, 5], 4, [1, 2, 3, 4]],
  [[1, 2, 3], 1, [1]],
])('of %j at most %i are %j', (list, most, expected) => {
  expect(evenlySpaced(list, most)).toEqual(expected);
});
