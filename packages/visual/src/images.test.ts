import type { RgbImage, ScalarMap } from '@cflow/spec';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GLYPH_HEIGHT, glyph } from './bitmap-font.js';
import {
  COLOR_MAPS,
  colorMap,
  contactSheet,
  contours,
  drawContours,
  drawRegions,
  maskContours,
  overlay,
  type Ring,
  renderHeatMap,
} from './index.js';
import { resizeImage, resizeMap } from './resample.js';

const map = (width: number, ...data: number[]): ScalarMap => ({
  width,
  height: data.length / width,
  data: Float32Array.from(data),
});
const plain = (width: number, height: number, value = 100): RgbImage => ({
  width,
  height,
  data: new Uint8Array(width * height * 3).fill(value),
});
const pixel = ({ width, data }: RgbImage, x: number, y: number): number[] => [
  ...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3),
];
/** Twice the signed area inside a ring. */
const area = (ring: Ring): number =>
  Math.abs(ring.slice(1).reduce((sum, [x, y], i) => sum + ring[i]![0] * y - x * ring[i]![1], 0)) / 2;

describe('colorMap', () => {
  it('holds the published tables', () => {
    expect([...colorMap('gray').subarray(300, 303)]).toEqual([100, 100, 100]);
    // First and last color of matplotlib's viridis (#440154, #fde725) and inferno (#000004, #fcffa4).
    expect([...colorMap('viridis').subarray(0, 3), ...colorMap('viridis').subarray(765)]).toEqual([
      0x44, 0x01, 0x54, 0xfd, 0xe7, 0x25,
    ]);
    expect([...colorMap('inferno').subarray(0, 3), ...colorMap('inferno').subarray(765)]).toEqual([
      0x00, 0x00, 0x04, 0xfc, 0xff, 0xa4,
    ]);
    const turbo = colorMap('turbo');
    expect(turbo[3 * 128 + 1]).toBeGreaterThan(240);
    for (const name of COLOR_MAPS) expect(new Set(colorMap(name)).size).toBeGreaterThan(100);
  });
});

describe('renderHeatMap', () => {
  it('spreads the range over the table and clamps beyond it', () => {
    const scale = { min: 0, max: 2, colorMap: 'gray' } as const;
    const { data } = renderHeatMap(map(5, -1, 0, 1, 2, 3), scale);
    expect([0, 1, 2, 3, 4].map((i) => data[i * 3])).toEqual([0, 0, 128, 255, 255]);
  });

  it('takes the range of the map by default; NaN, infinities and constants do no harm', () => {
    const odd = renderHeatMap(map(4, Number.NaN, 4, 8, Number.POSITIVE_INFINITY), { colorMap: 'gray' });
    expect([0, 1, 2, 3].map((i) => odd.data[i * 3])).toEqual([0, 0, 255, 255]);
    expect(new Set(renderHeatMap(map(2, 3, 3), { colorMap: 'gray' }).data)).toEqual(new Set([0]));
  });

  it('refuses data of another size', () => {
    expect(() => renderHeatMap({ width: 2, height: 2, data: new Float32Array(3) })).toThrow(
      /2x2 with 3 values/,
    );
  });
});

describe('resizing', () => {
  it('interpolates between pixel centers and averages when shrinking', () => {
    expect([...resizeMap(map(2, 0, 4), 4, 1).data]).toEqual([0, 1, 3, 4]);
    const small = resizeMap(map(4, 1, 1, 5, 5), 2, 1).data;
    expect(small[0]! + small[1]!).toBeCloseTo(6, 5);
    expect(small[0]).toBeLessThan(small[1]!);
  });

  it('keeps a constant and the range, at any size', () => {
    const side = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(side, side, side, side, fc.integer({ min: 0, max: 255 }), (w, h, toW, toH, value) => {
        expect(new Set(resizeImage(plain(w, h, value), toW, toH).data)).toEqual(new Set([value]));
        const noise = {
          width: w,
          height: h,
          data: Float32Array.from({ length: w * h }, (_, i) => (i * 7919) % 13),
        };
        const resized = resizeMap(noise, toW, toH).data;
        expect(Math.min(...resized)).toBeGreaterThanOrEqual(Math.min(...noise.data) - 1e-4);
        expect(Math.max(...resized)).toBeLessThanOrEqual(Math.max(...noise.data) + 1e-4);
      }),
    );
  });
});

describe('overlay', () => {
  it('colors what is high, leaves what is low, and resamples the map to the image', () => {
    const image = plain(8, 4);
    const shown = overlay(image, map(2, 0, 1), { opacity: 1 });
    expect(pixel(shown, 0, 0)).toEqual([100, 100, 100]);
    const table = colorMap('turbo');
    expect(pixel(shown, 7, 3)).toEqual([...table.subarray(765)]);
    expect(image.data.every((value) => value === 100)).toBe(true);
  });

  it('tints everything without fading, and nothing below the threshold', () => {
    const options = { min: 0, max: 1, opacity: 0.5, fade: false, colorMap: 'gray' } as const;
    const shown = overlay(plain(3, 1), map(3, 0, 0.4, Number.NaN), options);
    expect(pixel(shown, 0, 0)).toEqual([50, 50, 50]);
    const cut = overlay(plain(3, 1), map(3, 0, 0.4, Number.NaN), { ...options, threshold: 0.3 });
    expect([pixel(cut, 0, 0)[0], pixel(cut, 1, 0)[0], pixel(cut, 2, 0)[0]]).toEqual([100, 101, 100]);
  });
});

describe('contours', () => {
  it('run between pixel centers, which lie at halves', () => {
    const [ring] = contours(map(3, 0, 0, 0, 0, 1, 0, 0, 0, 0), 0.5);
    // A diamond around the center (1.5, 1.5) of the middle pixel.
    expect(new Set(ring!.map(([x, y]) => Math.abs(x - 1.5) + Math.abs(y - 1.5)))).toEqual(new Set([0.5]));
    const [ramp] = contours(map(4, 0, 1, 3, 3), 2);
    expect(Math.min(...ramp!.map(([x]) => x))).toBe(2);
  });

  it('give a ring per part and per hole, with about the area of the part', () => {
    const side = 9;
    const data = Uint8Array.from({ length: side * side }, (_, i) => {
      const away = Math.max(Math.abs((i % side) - 4), Math.abs(Math.floor(i / side) - 4));
      return away <= 3 && away >= 2 ? 255 : 0;
    });
    const rings = maskContours({ width: side, height: side, data });
    // 3x3 and 7x7 pixels; each corner is cut by a triangle of an eighth of a pixel.
    expect(rings.map(area).sort((a, b) => a - b)).toEqual([8.5, 48.5]);
  });

  it('follow the image border and find nothing above the highest value', () => {
    expect(contours(map(2, 1, 1, 1, 1), 0.5)).toHaveLength(1);
    expect(contours(map(2, 1, 1, 1, 1), 2)).toEqual([]);
    expect(contours(map(1, Number.NaN), 0)).toEqual([]);
  });
});

describe('drawing', () => {
  it('draws an antialiased line where the ring runs', () => {
    const ring: Ring = [
      [1, 4],
      [9, 4],
    ];
    const drawn = drawContours(plain(10, 8, 0), [ring], { color: [200, 0, 0], lineWidth: 2 });
    expect(pixel(drawn, 5, 3)).toEqual([200, 0, 0]);
    expect(pixel(drawn, 5, 4)).toEqual([200, 0, 0]);
    expect(pixel(drawn, 5, 2)).toEqual([0, 0, 0]);
    const thin = drawContours(plain(10, 8, 0), [ring], { color: [200, 0, 0], lineWidth: 1 });
    expect(pixel(thin, 5, 3)).toEqual([100, 0, 0]);
  });

  it('frames regions, scaled from the map to the image and cut off at its border', () => {
    const box = { x: 1, y: 1, width: 1, height: 1 };
    const drawn = drawRegions(plain(8, 8, 0), [{ box }], {
      from: { width: 4, height: 4 },
      lineWidth: 1,
      color: [9, 9, 9],
    });
    const rows = Array.from({ length: 8 }, (_, y) =>
      Array.from({ length: 8 }, (_, x) => (pixel(drawn, x, y)[0] ? '#' : '.')).join(''),
    );
    expect(rows.slice(0, 6)).toEqual([
      '........',
      '.####...',
      '.#..#...',
      '.#..#...',
      '.####...',
      '........',
    ]);
    const outside = { x: -5, y: -5, width: 100, height: 100 };
    expect(() => drawRegions(plain(4, 4), [{ box: outside }])).not.toThrow();
  });
});

describe('the bitmap font', () => {
  it('has 95 glyphs that all differ', () => {
    const characters = Array.from({ length: 95 }, (_, i) => String.fromCharCode(0x20 + i));
    const glyphs = characters.map((character) => glyph(character));
    for (const rows of glyphs) expect(rows).toHaveLength(GLYPH_HEIGHT);
    expect(glyphs.flat().every((row) => row >= 0 && row < 32)).toBe(true);
    expect(new Set(glyphs.map(String)).size).toBe(95);
    expect(glyph('é')).toEqual(glyph('?'));
  });
});

describe('contactSheet', () => {
  it('fits images into tiles with captions below', () => {
    const sheet = contactSheet(
      [{ image: plain(100, 50, 0), caption: 'I' }, { image: plain(30, 60, 0) }, { image: plain(5, 5, 0) }],
      { columns: 2, tileSize: 40, gap: 4, background: [255, 255, 255], foreground: [1, 2, 3] },
    );
    expect([sheet.width, sheet.height]).toEqual([4 + 2 * 44, 4 + 2 * (40 + 13 + 4)]);
    expect(pixel(sheet, 4, 4 + 9)).toEqual([255, 255, 255]);
    expect(pixel(sheet, 4, 4 + 10)).toEqual([0, 0, 0]);
    // The top bar of the letter, one pixel in.
    expect([0, 1, 2, 3, 4].map((x) => pixel(sheet, 4 + x, 4 + 40 + 5)[0])).toEqual([255, 1, 1, 1, 255]);
  });

  it('keeps captions of any length and script inside their tile', () => {
    const hostile = ['x'.repeat(1e6), '漢字\u202e\u0000', 'Äöü', ''];
    const sheet = contactSheet(
      hostile.map((caption) => ({ image: plain(10, 10), caption })),
      { columns: 1, tileSize: 50, gap: 6, background: [255, 255, 255], foreground: [0, 0, 0] },
    );
    for (let y = 0; y < sheet.height; y++) {
      for (const x of [0, 5, sheet.width - 6, sheet.width - 1])
        expect(pixel(sheet, x, y)).toEqual([255, 255, 255]);
    }
  });

  it('refuses no tiles and sheets that would not fit into memory', () => {
    expect(() => contactSheet([])).toThrow(/at least one tile/);
    const tiles = Array.from({ length: 1000 }, () => ({ image: plain(2, 2) }));
    expect(() => contactSheet(tiles, { tileSize: 4000 })).toThrow(/million pixels/);
  });
});
