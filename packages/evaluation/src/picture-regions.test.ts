import type { Mask, ScalarMap } from '@cflow/spec';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { connectedComponents, pictureRegions } from './index.js';
import { outlineOf, simplifyOutline } from './outline.js';

type Corner = [number, number];

/** A map in text: `.` is 0, a digit itself. */
function draw(...rows: string[]): ScalarMap {
  const data = Float32Array.from(rows.join(''), (c) => (c === '.' ? 0 : Number(c)));
  return { width: rows[0]!.length, height: rows.length, data };
}

const masks = fc
  .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }))
  .chain(([width, height]) =>
    fc
      .array(fc.integer({ min: 0, max: 1 }), { minLength: width * height, maxLength: width * height })
      .map((bits): Mask => ({ width, height, data: Uint8Array.from(bits) })),
  );

const surface = (corners: readonly Corner[]): number =>
  Math.abs(
    corners.reduce((sum, [x, y], i) => sum + corners.at(i - 1)![0] * y - x * corners.at(i - 1)![1], 0),
  ) / 2;

const boxOf = (corners: readonly Corner[]) => {
  const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
};

/** Pixels of component `label` with the holes in it: what cannot be left by its sides. */
function filled({ width, height }: Mask, labels: Int32Array, label: number): number {
  const outside = new Set<number>();
  const side = width + 2;
  for (const todo = [0]; todo.length > 0; ) {
    const at = todo.pop()!;
    const [x, y] = [at % side, Math.floor(at / side)];
    if (outside.has(at) || y >= height + 2) continue;
    const inMap = x >= 1 && y >= 1 && x <= width && y <= height;
    if (inMap && labels[(y - 1) * width + x - 1] === label) continue;
    outside.add(at);
    if (x > 0) todo.push(at - 1);
    if (x < side - 1) todo.push(at + 1);
    if (y > 0) todo.push(at - side);
    if (y < height + 1) todo.push(at + side);
  }
  return side * (height + 2) - outside.size;
}

function outlines(mask: Mask): { outline: Corner[]; filled: number }[] {
  const { width, height } = mask;
  const { labels, count } = connectedComponents(mask);
  return Array.from({ length: count }, (_, i) => {
    const first = labels.indexOf(i + 1);
    const inside = (x: number, y: number): boolean =>
      x >= 0 && y >= 0 && x < width && y < height && labels[y * width + x] === i + 1;
    const outline = outlineOf(inside, [first % width, Math.floor(first / width)]);
    return { outline, filled: filled(mask, labels, i + 1) };
  });
}

describe('outlineOf', () => {
  it('encloses a component and its holes, and nothing else', () => {
    fc.assert(
      fc.property(masks, (mask) => {
        for (const { outline, filled } of outlines(mask)) expect(surface(outline)).toBe(filled);
      }),
      { numRuns: 500 },
    );
  });

  it('goes around pixels that touch by a corner in one line', () => {
    const { width, height, data } = draw('1..', '.1.', '1.1');
    const [only, ...others] = outlines({ width, height, data: Uint8Array.from(data) });
    expect(others).toEqual([]);
    expect(boxOf(only!.outline)).toEqual({ x: 0, y: 0, width: 3, height: 3 });
  });
});

describe('simplifyOutline', () => {
  it('keeps the box, few corners, and each of them one that was there', () => {
    fc.assert(
      fc.property(masks, fc.double({ min: 0, max: 3, noNaN: true }), (mask, tolerance) => {
        for (const { outline } of outlines(mask)) {
          const simple = simplifyOutline(outline, tolerance, 8);
          expect(simple.length).toBeLessThanOrEqual(8);
          expect(boxOf(simple)).toEqual(boxOf(outline));
          const corners = new Set(outline.map(String));
          expect(simple.every((corner) => corners.has(String(corner)))).toBe(true);
        }
      }),
    );
  });

  it('is done with a border of half a million corners at once', () => {
    const comb = Array.from(
      { length: 500_000 },
      (_, i): Corner => [Math.floor(i / 2), (i >> 1) % 2 ? 9 : i % 7],
    );
    expect(simplifyOutline(comb, 0.75, 64).length).toBeLessThanOrEqual(64);
  });
});

describe('pictureRegions', () => {
  const hill = draw(
    '..........',
    '.33333333.',
    '.36666663.',
    '.36999963.',
    '.36666663.',
    '.33333333.',
    '..........',
  );

  it('draws a region above the foot of its hill, not where the threshold is reached', () => {
    expect(pictureRegions(hill, 3)).toEqual([
      {
        box: { x: 2, y: 2, width: 6, height: 3 },
        area: 18,
        polygon: [
          [2, 2],
          [8, 2],
          [8, 5],
          [2, 5],
        ],
        peak: { x: 3, y: 3, value: 9 },
      },
    ]);
    expect(pictureRegions(hill, 8).map(({ box }) => box)).toEqual([{ x: 3, y: 3, width: 4, height: 1 }]);
    expect(pictureRegions(hill, 9.5)).toEqual([]);
  });

  it('is in pixels of the picture that the map lies over, whatever the two shapes are', () => {
    const [region] = pictureRegions(hill, 3, { picture: { width: 25, height: 21 } });
    expect(region).toEqual({
      box: { x: 5, y: 6, width: 15, height: 9 },
      area: Math.round(18 * 2.5 * 3),
      polygon: [
        [5, 6],
        [20, 6],
        [20, 15],
        [5, 15],
      ],
      peak: { x: 8, y: 10, value: 9 },
    });
  });

  it('stays inside of a picture that is smaller than its map, and keeps a surface', () => {
    const [region] = pictureRegions(hill, 8, { picture: { width: 3, height: 2 } });
    expect(region).toMatchObject({ box: { x: 0, y: 0, width: 3, height: 2 }, area: 1 });
    expect(surface(region!.polygon)).toBeGreaterThan(0);
  });

  it('gives two regions for a hill with two peaks', () => {
    const ridge = draw('9333337');
    expect(pictureRegions(ridge, 2).map(({ box, peak }) => [box.x, peak.value])).toEqual([
      [0, 9],
      [6, 7],
    ]);
  });

  it('leaves crumbs out, but not what is higher than the largest', () => {
    const crumbs = draw('99999.8.', '99999...', '99999...', '99999..9', '99999...', '........', '5.......');
    const heights = (minShare?: number) =>
      pictureRegions(crumbs, 4, { minShare }).map(({ peak, area }) => [peak.value, area]);
    expect(heights()).toEqual([[9, 25]]);
    expect(heights(0)).toEqual([
      [9, 25],
      [9, 1],
      [8, 1],
      [5, 1],
    ]);
    const higher = draw('55555..9', '55555...', '55555...', '55555...', '55555...');
    expect(pictureRegions(higher, 4).map(({ peak }) => peak.value)).toEqual([9, 5]);
  });

  it('counts the smallest area in pixels of the picture', () => {
    const picture = { width: 20, height: 14 };
    expect(pictureRegions(hill, 3, { picture, minArea: 72 }).length).toBe(1);
    expect(pictureRegions(hill, 3, { picture, minArea: 73 })).toEqual([]);
  });

  it('has polygons that fill their boxes, whatever the map and the size of the picture', () => {
    const sides = fc.record({
      width: fc.integer({ min: 1, max: 90 }),
      height: fc.integer({ min: 1, max: 90 }),
    });
    fc.assert(
      fc.property(masks, sides, ({ width, height, data }, picture) => {
        const map = { width, height, data: Float32Array.from(data) };
        for (const { box, polygon, peak, area } of pictureRegions(map, 0.5, {
          picture,
          minArea: 0,
          minShare: 0,
        })) {
          expect(boxOf(polygon)).toEqual(box);
          expect(surface(polygon)).toBeGreaterThan(0);
          expect(polygon.length).toBeGreaterThanOrEqual(3);
          expect(polygon.length).toBeLessThanOrEqual(64);
          expect(area).toBeLessThanOrEqual(Math.max(1, box.width * box.height));
          expect(box.x).toBeGreaterThanOrEqual(0);
          expect(box.x + box.width).toBeLessThanOrEqual(picture.width);
          expect(box.y + box.height).toBeLessThanOrEqual(picture.height);
          expect(peak.x).toBeLessThan(box.x + box.width);
          expect(peak.y).toBeLessThan(box.y + box.height);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('finds nothing in NaN, and refuses a mask of another size', () => {
    expect(pictureRegions({ width: 1, height: 1, data: Float32Array.of(Number.NaN) }, 0)).toEqual([]);
    const ignore = { width: 1, height: 1, data: new Uint8Array(1) };
    expect(() => pictureRegions(hill, 3, { ignore })).toThrow(/ignore mask/);
  });
});
