import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ImageError, type RgbImage } from '@cflow/spec';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { largestDifference, noiseImage, waveImage } from './fixtures/patterns.js';
import { toPlanar } from './planar.js';
import { resizeBilinear, resizeToPlanar } from './resize-bilinear.js';

interface Case {
  pattern: 'noise' | 'waves';
  from: [number, number];
  to: [number, number];
}

interface Golden {
  pillow: string;
  bilinear: (Case & { pixels: string })[];
  bilinearDigests: (Case & { sha256: string })[];
  pillow13: (Case & { pixels: string })[];
}

const golden = JSON.parse(
  readFileSync(new URL('./fixtures/pillow-resize.json', import.meta.url), 'utf8'),
) as Golden;

const input = ({ pattern, from: [width, height] }: Case): RgbImage =>
  pattern === 'noise' ? noiseImage(width, height) : waveImage(width, height);
const title = ({ pattern, from, to }: Case): string => `${pattern} ${from.join('x')} to ${to.join('x')}`;

describe(`resizeBilinear against Pillow ${golden.pillow}`, () => {
  it.each(golden.bilinear.map((c) => [title(c), c] as const))('%s: every byte', (_, c) => {
    const result = resizeBilinear(input(c), ...c.to);
    expect([result.width, result.height]).toEqual(c.to);
    expect(largestDifference(result.data, Buffer.from(c.pixels, 'base64'))).toBe(0);
  });

  it.each(golden.bilinearDigests.map((c) => [title(c), c] as const))('%s: the same digest', (_, c) => {
    const { data } = resizeBilinear(input(c), ...c.to);
    expect(createHash('sha256').update(data).digest('hex')).toBe(c.sha256);
  });

  it.each(golden.pillow13.map((c) => [title(c), c] as const))(
    '%s: one gray level from Pillow 13, which takes the columns first here',
    (_, c) => {
      const difference = largestDifference(
        resizeBilinear(input(c), ...c.to).data,
        Buffer.from(c.pixels, 'base64'),
      );
      expect(difference).toBe(1);
    },
  );
});

const side = fc.integer({ min: 1, max: 40 });
const image = fc
  .tuple(side, side)
  .chain(([width, height]) =>
    fc
      .uint8Array({ minLength: width * height * 3, maxLength: width * height * 3 })
      .map((data): RgbImage => ({ width, height, data })),
  );

function mirrored({ width, height, data }: RgbImage): RgbImage {
  const result = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * 3;
      result.set(data.subarray(from, from + 3), (y * width + (width - 1 - x)) * 3);
    }
  }
  return { width, height, data: result };
}

function upsideDown({ width, height, data }: RgbImage): RgbImage {
  const result = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    result.set(data.subarray(y * width * 3, (y + 1) * width * 3), (height - 1 - y) * width * 3);
  }
  return { width, height, data: result };
}

describe('resizeBilinear', () => {
  it('keeps a constant image constant', () => {
    fc.assert(
      fc.property(side, side, side, side, fc.integer({ min: 0, max: 255 }), (w, h, width, height, value) => {
        const constant = { width: w, height: h, data: new Uint8Array(w * h * 3).fill(value) };
        expect(resizeBilinear(constant, width, height).data.every((v) => v === value)).toBe(true);
      }),
    );
  });

  it('copies an image that has the size already', () => {
    fc.assert(
      fc.property(image, (original) => {
        const copy = resizeBilinear(original, original.width, original.height);
        expect(largestDifference(copy.data, original.data)).toBe(0);
        expect(copy.data).not.toBe(original.data);
      }),
    );
  });

  it('stays within the range of the input', () => {
    fc.assert(
      fc.property(image, side, side, (original, width, height) => {
        const { data } = resizeBilinear(original, width, height);
        const low = original.data.reduce((a, b) => Math.min(a, b));
        const high = original.data.reduce((a, b) => Math.max(a, b));
        expect(data.every((value) => value >= low && value <= high)).toBe(true);
      }),
    );
  });

  it('commutes with mirroring, to the rounding of the weights', () => {
    fc.assert(
      fc.property(image, side, side, (original, width, height) => {
        for (const flip of [mirrored, upsideDown]) {
          const after = flip(resizeBilinear(original, width, height));
          const before = resizeBilinear(flip(original), width, height);
          expect(largestDifference(after.data, before.data)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('does not touch its input', () => {
    const original = noiseImage(31, 17);
    const copy = original.data.slice();
    resizeBilinear(original, 8, 40);
    expect(original.data).toEqual(copy);
  });

  it('refuses sizes and pixels that do not fit', () => {
    const original = noiseImage(4, 4);
    expect(() => resizeBilinear(original, 0, 4)).toThrow(ImageError);
    expect(() => resizeBilinear(original, 2.5, 4)).toThrow(/whole number/);
    expect(() => resizeBilinear(original, 1e6, 1e6)).toThrow(ImageError);
    expect(() => resizeBilinear({ ...original, width: 5 }, 2, 2)).toThrow(/needs 60 values.*got 48/);
    const thread = { width: 300_000, height: 1, data: new Uint8Array(900_000) };
    expect(() => resizeBilinear(thread, 1, 1)).toThrow(/300000 pixels to 1/);
  });
});

describe('resizeToPlanar', () => {
  it('is resizeBilinear and toPlanar in one', () => {
    fc.assert(
      fc.property(image, side, side, (original, width, height) => {
        const expected = toPlanar(resizeBilinear(original, width, height));
        expect(largestDifference(resizeToPlanar(original, width, height), expected)).toBe(0);
      }),
    );
    const original = noiseImage(20, 12);
    for (const [width, height] of [
      [20, 12],
      [7, 12],
      [20, 5],
    ] as const) {
      const expected = toPlanar(resizeBilinear(original, width, height));
      expect(resizeToPlanar(original, width, height)).toEqual(expected);
    }
  });

  it('writes into a batch at an offset and nowhere else', () => {
    const size = 3 * 6 * 5;
    const batch = new Uint8Array(size * 3).fill(7);
    const original = noiseImage(11, 13);
    expect(resizeToPlanar(original, 6, 5, batch, size)).toBe(batch);
    expect(batch.subarray(size, 2 * size)).toEqual(resizeToPlanar(original, 6, 5));
    expect(batch.subarray(0, size).every((v) => v === 7)).toBe(true);
    expect(batch.subarray(2 * size).every((v) => v === 7)).toBe(true);
    expect(() => resizeToPlanar(original, 6, 5, batch, 2 * size + 1)).toThrow(/90 bytes from offset 181/);
  });
});
