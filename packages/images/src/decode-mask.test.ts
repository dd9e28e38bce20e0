import { ImageError } from '@cflow/spec';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeMask } from './decode-mask.js';
import { bitmap, tiff } from './fixtures/files.js';

const gray = (values: number[], width: number): Sharp =>
  sharp(new Uint8Array(values), { raw: { width, height: values.length / width, channels: 1 } });

describe('decodeMask', () => {
  it('counts any value above zero', async () => {
    const mask = await decodeMask(await gray([0, 1, 255, 0, 3, 0], 3).png().toBuffer());
    expect(mask).toEqual({ width: 3, height: 2, data: new Uint8Array([0, 1, 1, 0, 1, 0]) });
  });

  it('counts a 16-bit value that would round to zero in 8 bits', async () => {
    const mask = await decodeMask(tiff(4, 1, 1, new Uint16Array([0, 1, 100, 65535])));
    expect([...mask.data]).toEqual([0, 1, 1, 1]);
  });

  it('counts a color, but not alpha', async () => {
    const rgba = new Uint8Array([0, 0, 0, 255, 0, 2, 0, 0, 0, 0, 0, 0]);
    const mask = await decodeMask(
      await sharp(rgba, { raw: { width: 3, height: 1, channels: 4 } })
        .png()
        .toBuffer(),
    );
    expect([...mask.data]).toEqual([0, 1, 0]);
  });

  it('reads a bitmap with a palette', async () => {
    const palette = [
      [0, 0, 0],
      [255, 255, 255],
    ] as const;
    const mask = await decodeMask(
      bitmap({ width: 4, height: 1, bits: 1, palette, pixels: new Uint8Array([0b0110_0000, 0, 0, 0]) }),
    );
    expect([...mask.data]).toEqual([0, 1, 1, 0]);
  });

  it('takes half of full scale in a JPEG, whose black is not quite black', async () => {
    const values = Array.from({ length: 32 * 16 }, (_, i) => (i % 32 < 13 ? 0 : 255));
    const jpeg = await gray(values, 32).jpeg({ quality: 60 }).toBuffer();
    const decoded = await sharp(jpeg).toColourspace('b-w').raw().toBuffer();
    expect(decoded.some((v, i) => v > 0 && v < 128 && i % 32 < 13)).toBe(true);
    expect([...(await decodeMask(jpeg)).data]).toEqual(values.map((v) => (v > 0 ? 1 : 0)));
  });

  it('applies the EXIF orientation, so that it lies on its image', async () => {
    const png = await gray([0, 0, 255, 0, 0, 0], 3).withMetadata({ orientation: 6 }).png().toBuffer();
    const { width, height, data } = await decodeMask(png);
    expect([width, height]).toEqual([2, 3]);
    expect([...data]).toEqual([0, 0, 0, 0, 0, 1]);
  });

  it('refuses what is not an image', async () => {
    await expect(decodeMask(new Uint8Array(9))).rejects.toThrow(ImageError);
  });
});
