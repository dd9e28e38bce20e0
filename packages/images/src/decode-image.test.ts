import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeImage } from './decode-image.js';
import { bitmap, temporaryFolder, tiff } from './fixtures/files.js';
import { largestDifference, noise } from './fixtures/patterns.js';
import { encoder, height, source, width } from './fixtures/wave-encoder.js';

let root: string;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ root, remove } = await temporaryFolder());
});
afterAll(() => remove());

describe('decodeImage, 8 bits', () => {
  it.each(['png', 'tiff', 'webp', 'gif'] as const)(
    'reads lossless %s to the byte, from a file and from bytes',
    async (format) => {
      // 31 x 22 pixels have more colors than GIF can hold, so GIF gets the first column alone.
      const picture = format === 'gif' ? encoder().extract({ left: 0, top: 0, width: 1, height }) : encoder();
      const bytes = await picture
        .toFormat(
          format,
          format === 'webp' ? { lossless: true } : format === 'tiff' ? { compression: 'lzw' } : {},
        )
        .toBuffer();
      const expected = await (format === 'gif'
        ? encoder().extract({ left: 0, top: 0, width: 1, height })
        : encoder()
      )
        .raw()
        .toBuffer();
      const path = join(root, `picture of ä ${format}.dat`);
      await writeFile(path, bytes);
      for (const input of [path, bytes]) {
        const image = await decodeImage(input);
        expect(image.height).toBe(height);
        expect(largestDifference(image.data, expected)).toBe(0);
      }
    },
  );

  it.each(['jpeg', 'avif'] as const)('reads %s, which is lossy', async (format) => {
    const smooth = sharp({ create: { width: 40, height: 24, channels: 3, background: '#c08040' } });
    const image = await decodeImage(await smooth.toFormat(format, { quality: 95 }).toBuffer());
    expect([image.width, image.height]).toEqual([40, 24]);
    const expected = new Uint8Array(image.data.length).map((_, i) => [0xc0, 0x80, 0x40][i % 3]!);
    expect(largestDifference(image.data, expected)).toBeLessThanOrEqual(3);
  });

  it('reads a bitmap', async () => {
    const image = await decodeImage(
      bitmap({ width: 1, height: 1, bits: 24, pixels: new Uint8Array([3, 2, 1, 0]) }),
    );
    expect(image).toEqual({ width: 1, height: 1, data: new Uint8Array([1, 2, 3]) });
  });

  it('repeats gray, and drops alpha without blending', async () => {
    const gray = noise(12, 1);
    const image = await decodeImage(
      await sharp(gray, { raw: { width: 4, height: 3, channels: 1 } })
        .toColourspace('b-w')
        .png()
        .toBuffer(),
    );
    expect([...image.data]).toEqual([...gray].flatMap((v) => [v, v, v]));
    const rgba = noise(48, 2);
    for (const format of ['png', 'tiff'] as const) {
      const bytes = await sharp(rgba, { raw: { width: 4, height: 3, channels: 4 } })
        .toFormat(format, format === 'tiff' ? { compression: 'none' } : {})
        .toBuffer();
      expect([...(await decodeImage(bytes)).data]).toEqual([...rgba].filter((_, i) => i % 4 < 3));
    }
  });

  it('turns CMYK to RGB as Pillow does, without a profile', async () => {
    const inks = new Uint8Array([
      0, 0, 0, 0, 255, 0, 0, 0, 10, 20, 30, 40, 0, 0, 0, 255, 200, 100, 50, 128, 255, 255, 255, 255,
    ]);
    const image = await decodeImage(tiff(6, 1, 4, inks));
    // 255 - k - round(c * (255 - k) / 255)
    expect([...image.data]).toEqual([
      255, 255, 255, 0, 255, 255, 207, 198, 190, 0, 0, 0, 27, 77, 102, 0, 0, 0,
    ]);
  });

  it('does not apply a color profile', async () => {
    const plain = await encoder().png().toBuffer();
    const tagged = await encoder().withIccProfile('p3', { attach: true }).png().toBuffer();
    const raw = await sharp(tagged, { ignoreIcc: true }).raw().toBuffer();
    expect((await sharp(tagged).metadata()).hasProfile).toBe(true);
    expect(largestDifference((await decodeImage(tagged)).data, raw)).toBe(0);
    expect(largestDifference((await decodeImage(plain)).data, source.data)).toBe(0);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('applies EXIF orientation %i', async (orientation) => {
    const bytes = await encoder().withMetadata({ orientation }).png().toBuffer();
    const image = await decodeImage(bytes);
    const turned = orientation > 4;
    expect([image.width, image.height]).toEqual(turned ? [height, width] : [width, height]);
    const stored = (x: number, y: number): number[] => {
      const [flipX, flipY] = [[2, 3, 7, 8].includes(orientation), [3, 4, 6, 7].includes(orientation)];
      // Where a pixel of the upright picture is stored: mirrored, and for 5 to 8 with the axes exchanged.
      const [u, v] = turned ? [y, x] : [x, y];
      const at = ((flipY ? height - 1 - v : v) * width + (flipX ? width - 1 - u : u)) * 3;
      return [...source.data.subarray(at, at + 3)];
    };
    for (const [x, y] of [
      [0, 0],
      [image.width - 1, 0],
      [3, image.height - 1],
      [5, 9],
    ] as const) {
      const at = (y * image.width + x) * 3;
      expect([...image.data.subarray(at, at + 3)]).toEqual(stored(x, y));
    }
  });

  it('takes the first picture of an animation', async () => {
    const frames = new Uint8Array(2 * 3 * 4 * 3).fill(200, 0, 36).fill(10, 36);
    const bytes = await sharp(frames, { raw: { width: 3, height: 8, channels: 3, pageHeight: 4 } })
      .gif()
      .toBuffer();
    expect((await sharp(bytes).metadata()).pages).toBe(2);
    const image = await decodeImage(bytes);
    expect([image.width, image.height, image.data[0]]).toEqual([3, 4, 200]);
  });
});

describe('decodeImage, 16 bits', () => {
  // Every 16-bit value once.
  const side = 256;
  const every = new Uint16Array(side * side).map((_, i) => i);
  const rounded = Uint8Array.from(every, (v) => Math.round(v / 257));

  it('scales gray PNG and TIFF by round(v / 257)', async () => {
    const png = await sharp(every, { raw: { width: side, height: side, channels: 1 } })
      .pipelineColourspace('grey16')
      .toColourspace('grey16')
      .png()
      .toBuffer();
    expect((await sharp(png).metadata()).depth).toBe('ushort');
    for (const bytes of [png, tiff(side, side, 1, every)]) {
      const { data } = await decodeImage(bytes);
      for (let channel = 0; channel < 3; channel++) {
        expect(
          largestDifference(
            data.filter((_, i) => i % 3 === channel),
            rounded,
          ),
        ).toBe(0);
      }
    }
  });

  it.each([
    ['RGB', 3, 'rgb16'],
    ['RGB and alpha', 4, 'rgb16'],
    ['gray and alpha', 2, 'grey16'],
  ] as const)('scales %s', async (_, channels, space) => {
    const samples = new Uint16Array(side * side * channels).map((_, i) => i * 40503);
    const png = await sharp(samples, { raw: { width: side, height: side, channels } })
      .pipelineColourspace(space)
      .toColourspace(space)
      .png()
      .toBuffer();
    const { data } = await decodeImage(png);
    const expected = new Uint8Array(side * side * 3);
    for (let i = 0; i < expected.length; i++) {
      const channel = channels === 2 ? 0 : i % 3;
      expected[i] = Math.round(samples[Math.trunc(i / 3) * channels + channel]! / 257);
    }
    expect(largestDifference(data, expected)).toBe(0);
  });

  it('scales RGB TIFF', async () => {
    const samples = new Uint16Array(side * 3).map((_, i) => i * 12345);
    const { data } = await decodeImage(tiff(side, 1, 3, samples));
    expect(
      largestDifference(
        data,
        Uint8Array.from(samples, (v) => Math.round(v / 257)),
      ),
    ).toBe(0);
  });
});
