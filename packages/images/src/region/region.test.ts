import type { Mask } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { noise } from '../fixtures/patterns.js';
import { resizeToPlanar } from '../resize-bilinear.js';
import { pictureRegion, regionPlaces } from './region.js';
import { fillPlanes, regionFill } from './region-fill.js';

const maskOf = (width: number, height: number, counts: (x: number, y: number) => boolean): Mask => ({
  ...{ width, height },
  data: Uint8Array.from({ length: width * height }, (_, i) =>
    counts(i % width, Math.trunc(i / width)) ? 1 : 0,
  ),
});
const region = (width: number, height: number, counts: (x: number, y: number) => boolean) =>
  pictureRegion(maskOf(width, height, counts), width, height);

describe('the region of a picture that counts', () => {
  it('is kept as runs, and comes back', () => {
    const found = region(4, 3, (x, y) => y > 0 && x > 1);
    expect(found).toEqual({ width: 4, height: 3, runs: '6 2 2 2' });
    expect([...regionPlaces(found)]).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1]);
    const ragged = maskOf(31, 17, (x, y) => ((x * 7 + y * 13) * 2654435761) % 3 > 0);
    const kept = pictureRegion(ragged, 31, 17);
    expect([...regionPlaces(kept)]).toEqual([...ragged.data]);
  });

  it('holds, on a coarser grid, what sees nothing of the outside', () => {
    const mask = maskOf(100, 60, (x, y) => (x - 52) ** 2 + (y - 29) ** 2 < 500);
    const { data } = mask;
    const places = regionPlaces(pictureRegion(mask, 24, 16));
    expect(places.includes(1)).toBe(true);
    // Pixels that are outside change no place inside.
    const picture = (outside: number) => ({
      ...{ width: 100, height: 60 },
      data: noise(18_000, 5).map((value, i) => (data[Math.trunc(i / 3)] === 0 ? outside : value)),
    });
    const [a, b] = [0, 255].map((value) => resizeToPlanar(picture(value), 24, 16)) as [
      Uint8Array,
      Uint8Array,
    ];
    places.forEach((inside, i) => {
      if (inside) for (const plane of [0, 384, 768]) expect(a[plane + i]).toBe(b[plane + i]);
    });
  });

  it.each([
    ['nothing', () => false, /the region leaves nothing of the picture/],
    ['everything', () => true, /the region leaves out nothing/],
  ])('is refused where it is %s', (_, counts, message) => {
    expect(() => region(8, 6, counts)).toThrow(message);
  });
});

describe('what is outside', () => {
  it('is filled with what is mirrored at the border, or with the nearest', () => {
    const fill = regionFill(region(8, 1, (x) => x >= 3 && x < 6));
    expect([...fill]).toEqual([3, 5, 4, 3, 4, 5, 4, 3]);
    const planes = Uint8Array.from({ length: 24 }, (_, i) => i);
    fillPlanes(planes, fill);
    expect([...planes.subarray(8, 16)]).toEqual([11, 13, 12, 11, 12, 13, 12, 11]);
  });

  it('is filled from inside alone, wherever the region lies and whatever its shape', () => {
    for (const counts of [
      (x: number, y: number) => x === 30 && y === 0,
      (x: number, y: number) => x < 3 || y > 20,
      (x: number, y: number) => (x - 9) ** 2 + (y - 9) ** 2 < 9 || (x > 25 && y > 18),
    ]) {
      const found = region(32, 24, counts);
      const inside = regionPlaces(found);
      const fill = regionFill(found);
      fill.forEach((from, at) => {
        expect(inside[from]).toBe(1);
        if (inside[at] === 1) expect(from).toBe(at);
      });
    }
  });
});
