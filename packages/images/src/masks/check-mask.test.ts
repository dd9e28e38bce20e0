import { describe, expect, it } from 'vitest';
import { checkIgnoreMask, isSameShape } from './check-mask.js';

const mask = (width: number, height: number, fill: (i: number) => number) => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height }, (_, i) => fill(i)),
});

it('a mask is of the shape of its image at any scale, a pixel more or less', () => {
  for (const [a, b] of [
    [
      [64, 48],
      [256, 190],
    ],
    [
      [1254, 500],
      [627, 250],
    ],
    [
      [33, 33],
      [100, 100],
    ],
    [
      [1, 1],
      [7, 7],
    ],
  ] as const) {
    expect(isSameShape({ width: a[0], height: a[1] }, { width: b[0], height: b[1] }), `${a} ${b}`).toBe(true);
  }
  expect(isSameShape({ width: 48, height: 96 }, { width: 96, height: 96 })).toBe(false);
  expect(isSameShape({ width: 640, height: 480 }, { width: 480, height: 640 })).toBe(false);
});

describe('a mask of what to ignore', () => {
  const image = { width: 12, height: 8 };

  it.each([
    ['nothing', mask(12, 8, () => 0), /ignores nothing: .*leave the mask out/],
    ['everything', mask(24, 16, () => 1), /ignores everything/],
    [
      'another shape',
      mask(8, 12, (i) => i & 1),
      /is 8x12, of another shape than the image of 12x8, which is turned/,
    ],
  ])('is refused: %s', (_, given, message) => {
    expect(() => checkIgnoreMask(given, image)).toThrow(message);
  });

  it('is taken when it ignores a part', () => {
    checkIgnoreMask(
      mask(6, 4, (i) => (i === 3 ? 1 : 0)),
      image,
    );
  });
});
