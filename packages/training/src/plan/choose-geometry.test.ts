import type { DataSetReport } from '@cflow/spec';
import { expect, it } from 'vitest';
import { chooseGeometry } from './choose-geometry.js';

type Sizes = NonNullable<DataSetReport['sizes']>;

/** Of pictures whose shorter side has so many pixels. */
const sizesOf = (narrowest: number, widest: number, side = 500): Sizes => {
  const long = Math.max(widest, 1 / narrowest) * side;
  const size: [number, number] = widest > 1 ? [long, side] : [side, long];
  return { smallest: size, largest: size, distinct: 1, aspects: [narrowest, widest] };
};
const of = (narrowest: number, widest = narrowest, side?: number) =>
  chooseGeometry({}, { sizes: sizesOf(narrowest, widest, side) }, 'memory').inputSize;

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
  expect(chooseGeometry({}, { sizes: null }, 'memory')).toEqual({});
});

it('sees pictures in tiles that are more than four times as large as what a network takes', () => {
  const choose = (width: number, height: number) =>
    chooseGeometry(
      {},
      {
        sizes: {
          smallest: [width, height],
          largest: [width, height],
          distinct: 1,
          aspects: [width / height, width / height],
        },
      },
      'memory',
    );
  expect(choose(1024, 1024)).toEqual({});
  expect(choose(6000, 4000)).toMatchObject({ geometry: 'tiles', inputSize: [1024, 1536] });
  expect(choose(1025, 1025)).toMatchObject({ geometry: 'tiles', inputSize: [1024, 1024] });
  expect(choose(2000, 60_000)).toMatchObject({ geometry: 'tiles', inputSize: [4096, 256] });
});

it('leaves squares to the recipes of the reference', () => {
  for (const sizes of [sizesOf(0.4, 0.4), sizesOf(1.5, 1.5, 4000)]) {
    for (const preset of ['anomalib', 'paper'] as const)
      expect(chooseGeometry({}, { sizes }, preset)).toEqual({});
    expect(chooseGeometry({}, { sizes }, 'fast').inputSize).toBeDefined();
  }
});

it('gives a geometry that was chosen the size that fits it, and a size that was chosen what it always was', () => {
  const sizes = sizesOf(0.4, 0.4);
  const choose = (asked: Parameters<typeof chooseGeometry>[0]) => chooseGeometry(asked, { sizes }, 'memory');
  expect(choose({ geometry: 'squeeze' })).toEqual({ geometry: 'squeeze' });
  expect(choose({ geometry: 'pad' })).toMatchObject({ geometry: 'pad', inputSize: [640, 256] });
  expect(choose({ geometry: 'crop' })).toMatchObject({ geometry: 'crop', inputSize: [640, 256] });
  expect(choose({ geometry: 'tiles' })).toMatchObject({ geometry: 'tiles', inputSize: [1248, 512] });
  expect(choose({ tileSize: [320, 320] })).toMatchObject({ geometry: 'tiles', tileSize: [320, 320] });
  expect(choose({ inputSize: [300, 200] })).toEqual({ inputSize: [300, 200] });
});
