import { expect, it } from 'vitest';
import { fittingInputSize } from './fitting-input-size.js';

const of = (narrowest: number, widest = narrowest) =>
  fittingInputSize({
    sizes: { smallest: [1, 1], largest: [1, 1], distinct: 1, aspects: [narrowest, widest] },
  });

it.each<[string, [number, number?], [number, number] | undefined]>([
  ['a square for squares', [1], undefined],
  ['a square for what is nearly one', [1.2], undefined],
  ['a tall rectangle for tall pictures', [500 / 1254], [640, 256]],
  ['a wide one for wide pictures', [4 / 3], [256, 352]],
  ['no more than a network takes for very long ones', [12], [256, 1024]],
  ['a square for pictures of various shapes', [0.4, 0.5], undefined],
  ['a rectangle for shapes that hardly differ', [0.396, 0.403], [640, 256]],
])('takes %s', (_, aspects, expected) => {
  expect(of(...aspects)).toEqual(expected);
});

it('takes nothing from images that nobody could read', () => {
  expect(fittingInputSize({ sizes: null })).toBeUndefined();
});
