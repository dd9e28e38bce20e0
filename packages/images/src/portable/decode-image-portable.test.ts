import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { deflateSync, crc32 as zlibCrc32 } from 'node:zlib';
import type { ImageError, RgbImage } from '@cflow/spec';
import sharp, { type JpegOptions } from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeImage } from '../decode-image.js';
import { bitmap, tiff } from '../fixtures/files.js';
import { imageErrorOf } from '../fixtures/image-error-of.js';
import { largestDifference, noise, waveImage } from '../fixtures/patterns.js';
import { type PngParts, png, pngChunk } from '../fixtures/png.js';
import { crc32 } from './crc32.js';
import type { DecodePortableOptions } from './decode-file.js';
import { decodeImagePortable } from './decode-image-portable.js';
import { encodePngPortable } from './encode-png.js';
import { mozJpegDecoder } from './moz-jpeg.js';

const wasm = readFileSync(createRequire(import.meta.url).resolve('@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm'));
const decodeJpeg = mozJpegDecoder(wasm);

async function expectSameAsNode(bytes: Uint8Array, note?: string): Promise<void> {
  const expected = await decodeImage(bytes);
  const found = await decodeImagePortable(bytes, { decodeJpeg });
  expect([found.width, found.height], note).toEqual([expected.width, expected.height]);
  expect(largestDifference(found.data, expected.data), note).toBe(0);
}

const failure = (bytes: Uint8Array, options: DecodePortableOptions = { decodeJpeg }): Promise<ImageError> =>
  imageErrorOf(decodeImagePortable(bytes, options));

const KINDS: readonly (readonly [PngParts['color'], readonly number[]])[] = [
  [0, [1, 2, 4, 8, 16]],
  [2, [8, 16]],
  [3, [1, 2, 4, 8]],
  [4, [8, 16]],
  [6, [8, 16]],
];
const SIZES = [
  [1, 1],
  [3, 2],
  [5, 9],
  [33, 17],
  [100, 31],
] as const;

describe('PNG, as Node to the bit', () => {
  for (const [color, depths] of KINDS) {
    for (const depth of depths) {
      it(`color type ${color}, ${depth} bits, every filter, interlaced or not`, async () => {
        for (const [width, height] of SIZES) {
          for (const interlaced of [false, true]) {
            const palette = color === 3 ? { palette: 2 ** depth } : {};
            const parts = { width, height, depth, color, interlaced, seed: width + depth, ...palette };
            await expectSameAsNode(png(parts), JSON.stringify(parts));
            await expectSameAsNode(png({ ...parts, split: 7 }), 'many IDAT');
          }
        }
      });
    }
  }

  it('with transparency, which is dropped', async () => {
    const base = { width: 20, height: 10, seed: 3 };
    for (const depth of [1, 2, 4, 8, 16]) {
      await expectSameAsNode(png({ ...base, depth, color: 0, transparency: Uint8Array.of(0, 1) }));
    }
    for (const depth of [8, 16]) {
      const transparency = Uint8Array.of(0, 1, 0, 2, 0, 3);
      await expectSameAsNode(png({ ...base, depth, color: 2, transparency }));
    }
    for (const depth of [1, 2, 4, 8]) {
      const transparency = noise(2 ** depth - 1, 1);
      await expectSameAsNode(png({ ...base, depth, color: 3, palette: 2 ** depth, transparency }));
    }
  });

  it('by other encoders: sharp, its palettes and its progressive ones', async () => {
    const { width, height, data } = waveImage(97, 61);
    for (const options of [{}, { palette: true }, { progressive: true }, { palette: true, colors: 5 }]) {
      await expectSameAsNode(
        await sharp(data, { raw: { width, height, channels: 3 } })
          .png(options)
          .toBuffer(),
      );
    }
  });

  it('with the orientation of EXIF data before the pixels', async () => {
    for (let orientation = 1; orientation <= 8; orientation++) {
      const exif = Uint8Array.of(
        77,
        77,
        0,
        42,
        0,
        0,
        0,
        8,
        0,
        1,
        1,
        18,
        0,
        3,
        0,
        0,
        0,
        1,
        0,
        orientation,
        0,
        0,
        0,
        0,
        0,
        0,
      );
      await expectSameAsNode(
        png({ width: 7, height: 4, depth: 8, color: 2, seed: 1, before: [pngChunk('eXIf', exif)] }),
        `orientation ${orientation}`,
      );
    }
  });

  it('however much else is in the file', async () => {
    const bomb = deflateSync(Buffer.alloc(2 ** 26));
    const profile = Buffer.concat([Buffer.from('icc\0\0', 'latin1'), bomb]);
    const before = [
      pngChunk('iCCP', profile),
      pngChunk('zTXt', profile),
      pngChunk('gAMA', Uint8Array.of(0, 0, 1, 2)),
    ];
    const bytes = png({ width: 9, height: 9, depth: 8, color: 2, seed: 5, before });
    const plain = png({ width: 9, height: 9, depth: 8, color: 2, seed: 5 });
    expect(await decodeImagePortable(bytes)).toEqual(await decodeImagePortable(plain));
  });

  it('what encodePngPortable wrote', async () => {
    for (const image of [waveImage(1, 1), waveImage(61, 40)]) {
      const bytes = await encodePngPortable(image);
      expect(await decodeImagePortable(bytes)).toEqual(image);
      await expectSameAsNode(bytes);
    }
  });
});

const JPEGS: readonly JpegOptions[] = [
  {},
  { quality: 20 },
  { quality: 100, chromaSubsampling: '4:4:4' },
  { progressive: true },
  { mozjpeg: true, quality: 60 },
  { optimiseCoding: false },
];

describe('JPEG, as Node to the bit', () => {
  it('of every quality, subsampling and coding, in color and in gray', async () => {
    for (const [width, height] of [...SIZES, [203, 117]] as const) {
      const { data } = waveImage(width, height);
      for (const options of JPEGS) {
        const picture = sharp(data, { raw: { width, height, channels: 3 } });
        await expectSameAsNode(await picture.jpeg(options).toBuffer(), JSON.stringify(options));
        await expectSameAsNode(await picture.grayscale().jpeg(options).toBuffer(), 'gray');
      }
    }
  });

  it('turned upright', async () => {
    const { width, height, data } = waveImage(37, 22);
    for (let orientation = 1; orientation <= 8; orientation++) {
      const picture = sharp(data, { raw: { width, height, channels: 3 } }).withMetadata({ orientation });
      await expectSameAsNode(await picture.jpeg().toBuffer(), `orientation ${orientation}`);
    }
  });

  it('by an instance that is kept, after others, larger ones, damaged ones, and several at once', async () => {
    const kept = mozJpegDecoder(wasm, { keepInstance: true });
    const files: Buffer[] = [];
    for (const [width, height] of [
      [37, 22],
      [1500, 1300],
      [203, 117],
      [8, 8],
    ] as const) {
      const { data } = waveImage(width, height);
      for (const options of [{}, { progressive: true }] as const) {
        files.push(
          await sharp(data, { raw: { width, height, channels: 3 } })
            .jpeg(options)
            .toBuffer(),
        );
      }
    }
    for (const file of [...files, ...files].reverse()) {
      const damaged = file.subarray(0, Math.trunc(file.length / 2));
      await expect(kept(damaged)).rejects.toThrow();
      const [first, second] = await Promise.all([kept(file), kept(file)]);
      expect(largestDifference(second.data, first.data)).toBe(0);
      expect(largestDifference(first.data, (await decodeJpeg(file)).data)).toBe(0);
      expect(largestDifference((await kept(file)).data, first.data)).toBe(0);
    }
  }, 60_000);

  it('is left to the host in CMYK, or refused with what to do', async () => {
    const { width, height, data } = waveImage(8, 8);
    const picture = sharp(data, { raw: { width, height, channels: 3 } }).toColourspace('cmyk');
    const bytes = await picture.jpeg().toBuffer();
    const error = await failure(bytes);
    expect(error.message).toMatch(/in CMYK, which is not supported here; save it as 8-bit RGB/);
    expect(error.details.reason).toBe('unsupported');
    const decodeOther = async (): Promise<RgbImage> => waveImage(8, 8);
    expect(await decodeImagePortable(bytes, { decodeJpeg, decodeOther })).toEqual(waveImage(8, 8));
  });

  it('without a decoder, or with one that cannot be had', async () => {
    const { width, height, data } = waveImage(8, 8);
    const bytes = await sharp(data, { raw: { width, height, channels: 3 } })
      .jpeg()
      .toBuffer();
    expect((await failure(bytes, {})).message).toMatch(
      /no decoder was given for it \(the option decodeJpeg\)/,
    );
    const broken = await failure(bytes, { decodeJpeg: mozJpegDecoder(new Uint8Array(8)) });
    expect(broken.message).toMatch(/the decoder of JPEG could not be had/);
    expect(broken.details.reason).toBe('unsupported');
    const compiled = (
      globalThis as unknown as { WebAssembly: { compile(bytes: Uint8Array): Promise<object> } }
    ).WebAssembly;
    const module = await compiled.compile(wasm);
    expect((await decodeImagePortable(bytes, { decodeJpeg: mozJpegDecoder(module) })).width).toBe(8);
  });
});

describe('other formats', () => {
  it('a bitmap', async () => {
    const pixels = new Uint8Array([3, 2, 1, 0]);
    await expectSameAsNode(bitmap({ width: 1, height: 1, bits: 24, pixels }));
    expect((await failure(bitmap({ width: 4, height: 4, bits: 24, pixels }))).details.reason).toBe('damaged');
  });

  it('are left to the host after their size was checked', async () => {
    const { width, height, data } = waveImage(31, 22);
    const picture = sharp(data, { raw: { width, height, channels: 3 } });
    const alpha = picture.clone().ensureAlpha(0.5);
    const files: [string, Uint8Array][] = [
      ['image/webp', await picture.clone().webp().toBuffer()],
      ['image/webp', await picture.clone().webp({ lossless: true }).toBuffer()],
      ['image/webp', await alpha.webp().toBuffer()],
      ['image/gif', await picture.clone().gif().toBuffer()],
      ['image/avif', await picture.clone().avif().toBuffer()],
      ['image/tiff', tiff(31, 22, 3, data)],
    ];
    for (const [mime, bytes] of files) {
      const seen: string[] = [];
      const decodeOther = async (given: Uint8Array, type: string): Promise<RgbImage> => {
        seen.push(type);
        expect(given).toBe(bytes);
        return waveImage(31, 22);
      };
      expect(await decodeImagePortable(bytes, { decodeOther })).toEqual(waveImage(31, 22));
      expect(seen).toEqual([mime]);
      const small = await failure(bytes, { decodeOther, limits: { pixels: 31 * 22 - 1 } });
      expect(small.details, mime).toMatchObject({ reason: 'too-many-pixels', width: 31, height: 22 });
      expect(seen).toEqual([mime]);
      expect((await failure(bytes)).message).toMatch(/not decoded here; expected PNG, JPEG or BMP/);
      const wrong = async (): Promise<RgbImage> => ({ width: 9, height: 9, data: new Uint8Array(1) });
      await failure(bytes, { decodeOther: wrong });
      expect(
        (await failure(bytes, { decodeOther: () => Promise.reject(new Error('host')) })).details.reason,
      ).toBe('damaged');
    }
  });
});

it('crc32 is the usual one', () => {
  expect(crc32(Buffer.from('123456789'))).toBe(0xcbf43926);
  if (typeof zlibCrc32 === 'function') expect(crc32(wasm)).toBe(zlibCrc32(wasm));
});
