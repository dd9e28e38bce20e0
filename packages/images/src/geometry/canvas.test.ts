import type { RgbImage, ScalarMap } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { noise } from '../fixtures/patterns.js';
import { resizeBilinear, resizeToPlanar } from '../resize-bilinear.js';
import { type Canvas, drawOnCanvas, fitImage, fittedSize, pictureMap, sizeWarnings } from './canvas.js';

const picture = (width: number, height: number): RgbImage => ({
  ...{ width, height },
  data: noise(3 * width * height, 7),
});
const of = (geometry: Canvas['geometry'], inputSize: [number, number] = [8, 12]): Canvas => ({
  inputSize,
  geometry,
});
const large = (geometry: Canvas['geometry']): Canvas => of(geometry, [256, 512]);
const GEOMETRIES = ['squeeze', 'pad', 'crop', 'tiles'] as const;

describe('a picture on its canvas', () => {
  it.each([undefined, 'squeeze', 'tiles'] as const)('is squeezed to it as it always was: %s', (geometry) => {
    const image = picture(37, 91);
    expect(fittedSize(image, of(geometry))).toEqual({ width: 12, height: 8 });
    expect(drawOnCanvas(image, of(geometry))).toEqual(resizeToPlanar(image, 12, 8));
  });

  it.each([
    ['pad', 40, 10, 12, 3],
    ['pad', 10, 40, 2, 8],
    ['crop', 40, 10, 32, 8],
    ['crop', 10, 40, 12, 48],
    ['pad', 24, 16, 12, 8],
    ['crop', 24, 16, 12, 8],
    ['pad', 100_000, 3, 12, 1],
  ] as const)('keeps its shape: %s of %i x %i is %i x %i', (geometry, width, height, w, h) => {
    expect(fittedSize({ width, height }, of(geometry))).toEqual({ width: w, height: h });
  });

  it('is what it was where it was fitted before', () => {
    for (const geometry of GEOMETRIES) {
      for (const [width, height] of [
        [1285, 500],
        [499, 1241],
        [7, 13],
        [13, 7],
      ] as const) {
        const image = picture(width, height);
        const fitted = fitImage(image, of(geometry, [64, 96]));
        expect(fittedSize(fitted, of(geometry, [64, 96]))).toEqual({
          width: fitted.width,
          height: fitted.height,
        });
        expect(drawOnCanvas(fitted, of(geometry, [64, 96]))).toEqual(
          drawOnCanvas(image, of(geometry, [64, 96])),
        );
      }
    }
  });

  it('is padded by its mirror image on both sides, over and over where it is short', () => {
    const image: RgbImage = { width: 3, height: 1, data: Uint8Array.of(1, 1, 1, 2, 2, 2, 3, 3, 3) };
    const red = drawOnCanvas(image, of('pad', [1, 3]));
    expect([...red.subarray(0, 3)]).toEqual([1, 2, 3]);
    const tall: RgbImage = { width: 1, height: 3, data: image.data };
    const padded = drawOnCanvas(tall, of('pad', [3, 8]));
    // Three rows, in each of them one value.
    expect([...padded.subarray(0, 24)]).toEqual([
      ...Array(8).fill(1),
      ...Array(8).fill(2),
      ...Array(8).fill(3),
    ]);
    const wide = drawOnCanvas(image, of('pad', [7, 3]));
    expect([...wide.subarray(0, 21)]).toEqual(Array.from({ length: 7 }, () => [1, 2, 3]).flat());
    const two: RgbImage = { width: 2, height: 2, data: Uint8Array.of(1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4) };
    expect([...drawOnCanvas(two, of('pad', [2, 7])).subarray(0, 7)]).toEqual([2, 1, 1, 2, 2, 1, 1]);
  });

  it('loses as much on both sides where it is cropped', () => {
    const image = picture(40, 10);
    const whole = resizeBilinear(image, 32, 8);
    const cropped = drawOnCanvas(image, of('crop'));
    for (let y = 0; y < 8; y++) {
      for (let x = 0; x < 12; x++) expect(cropped[y * 12 + x]).toBe(whole.data[3 * (y * 32 + x + 10)]);
    }
  });

  it('is written where it is asked for', () => {
    for (const geometry of GEOMETRIES) {
      const out = new Uint8Array(2 * 3 * 96).fill(9);
      drawOnCanvas(picture(20, 5), of(geometry), out, 3 * 96);
      expect(out.subarray(0, 3 * 96).every((value) => value === 9)).toBe(true);
      expect(out.subarray(3 * 96)).toEqual(drawOnCanvas(picture(20, 5), of(geometry)));
    }
  });

  it('keeps what it is warned of', () => {
    const image = { ...picture(40, 10), warnings: ['odd'] };
    for (const geometry of GEOMETRIES) expect(fitImage(image, of(geometry)).warnings).toEqual(['odd']);
  });

  it('is refused where a crop would leave next to nothing of it', () => {
    expect(() => fittedSize({ width: 10_000, height: 10 }, of('crop'))).toThrow(
      /10000x10, of which a crop to 12x8 would leave next to nothing; expected a shape nearer to that/,
    );
  });
});

describe('the map of a picture', () => {
  const map: ScalarMap = { width: 12, height: 8, data: Float32Array.from({ length: 96 }, (_, i) => i + 1) };

  it('is that of the canvas where the picture fills it', () => {
    for (const geometry of GEOMETRIES)
      expect(pictureMap(map, { width: 24, height: 16 }, of(geometry))).toBe(map);
    expect(pictureMap(map, { width: 5, height: 99 }, of('tiles'))).toBe(map);
  });

  it('has nothing of what lies beside a padded picture', () => {
    const { width, height, data } = pictureMap(map, { width: 40, height: 10 }, of('pad'));
    expect([width, height]).toEqual([12, 3]);
    expect([...data]).toEqual([...map.data.subarray(2 * 12, 5 * 12)]);
    const tall = pictureMap(map, { width: 10, height: 40 }, of('pad'));
    expect([tall.width, tall.height]).toEqual([2, 8]);
    expect([...tall.data]).toEqual(Array.from({ length: 8 }, (_, y) => [y * 12 + 6, y * 12 + 7]).flat());
  });

  it('covers all of a cropped picture, with the lowest value where nobody has looked', () => {
    const { width, height, data } = pictureMap(map, { width: 40, height: 10 }, of('crop'));
    expect([width, height]).toEqual([32, 8]);
    for (let y = 0; y < 8; y++) {
      for (let x = 0; x < 32; x++) expect(data[y * 32 + x]).toBe(x >= 10 && x < 22 ? y * 12 + x - 10 + 1 : 1);
    }
  });
});

describe('a picture that is far smaller than its canvas', () => {
  it.each([
    ['squeeze', 1, 1],
    ['squeeze', 1, 600],
    ['squeeze', 600, 31],
    ['crop', 63, 256],
    ['pad', 31, 31],
    ['pad', 7, 300],
    ['tiles', 20, 20],
  ] as const)('is said to be: %s of %i x %i', (geometry, width, height) => {
    const said = [expect.stringMatching(`^is ${width}x${height} pixels, enlarged to 512x256`)];
    expect(sizeWarnings({ width, height }, large(geometry))).toEqual(said);
    const fitted = fitImage({ ...picture(width, height), warnings: ['is clipped'] }, large(geometry));
    expect(fitted.warnings).toEqual(['is clipped', ...said]);
    // Once, whatever is fitted again.
    expect(sizeWarnings(fitted, large(geometry))).toEqual([]);
  });

  it.each([
    ['squeeze', 64, 32],
    ['squeeze', 5000, 5000],
    ['pad', 64, 10],
    ['crop', 64, 32],
    [undefined, 512, 256],
  ] as const)('is not where it is large enough: %s of %i x %i', (geometry, width, height) => {
    expect(sizeWarnings({ width, height }, large(geometry))).toEqual([]);
    expect(fitImage(picture(width, height), large(geometry))).not.toHaveProperty('warnings');
  });
});
