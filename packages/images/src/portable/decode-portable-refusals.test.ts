import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { deflateSync } from 'node:zlib';
import { ImageError, type RgbImage } from '@cflow/spec';
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { bitmap } from '../fixtures/files.js';
import { imageErrorOf } from '../fixtures/image-error-of.js';
import { noise, waveImage } from '../fixtures/patterns.js';
import { png, pngChunk } from '../fixtures/png.js';
import { crc32 } from './crc32.js';
import type { DecodePortableOptions } from './decode-file.js';
import { decodeImagePortable } from './decode-image-portable.js';
import { mozJpegDecoder } from './moz-jpeg.js';

const wasm = readFileSync(createRequire(import.meta.url).resolve('@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm'));
const decodeJpeg = mozJpegDecoder(wasm);

const failure = (bytes: Uint8Array, options: DecodePortableOptions = { decodeJpeg }): Promise<ImageError> =>
  imageErrorOf(decodeImagePortable(bytes, options));

describe('what is refused', () => {
  it('a PNG of thousands of texts, as everywhere', async () => {
    const bytes = png({ width: 10, height: 10, depth: 8, color: 2, seed: 1 });
    const text = pngChunk('iTXt', Buffer.from('a\0\0\0\0\0b'));
    const texts = Array.from({ length: 5000 }, () => text);
    const error = await failure(Buffer.concat([bytes.subarray(0, 33), ...texts, bytes.subarray(33)]));
    expect(error.message).toContain('more than 1000 texts');
    expect(error.details.reason).toBe('unsupported');
  });

  it('nothing, text, too many bytes or pixels', async () => {
    expect((await failure(new Uint8Array(0))).details.reason).toBe('empty');
    expect((await failure(Buffer.from('hello, this is not a picture'))).details.reason).toBe('not-an-image');
    expect((await failure(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'))).details.reason).toBe(
      'unsupported',
    );
    const bytes = png({ width: 10, height: 10, depth: 8, color: 2, seed: 1 });
    expect((await failure(bytes, { limits: { bytes: 50 } })).details.reason).toBe('too-large');
    expect((await failure(bytes, { limits: { pixels: 99 } })).details.reason).toBe('too-many-pixels');
    const { data } = waveImage(20, 20);
    const jpeg = await sharp(data, { raw: { width: 20, height: 20, channels: 3 } })
      .jpeg()
      .toBuffer();
    const error = await failure(jpeg, { decodeJpeg, limits: { pixels: 399 } });
    expect(error.details).toMatchObject({ reason: 'too-many-pixels', width: 20, height: 20, limit: 399 });
  });

  it('a PNG that inflates to far more than its pixels, without inflating it', async () => {
    const header = Buffer.from([0, 0, 0, 4, 0, 0, 0, 4, 8, 2, 0, 0, 0]);
    const bomb = deflateSync(Buffer.alloc(2 ** 28), { level: 9 });
    const bytes = Buffer.concat([
      Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
      pngChunk('IHDR', header),
      pngChunk('IDAT', bomb),
      pngChunk('IEND', new Uint8Array(0)),
    ]);
    const before = process.memoryUsage().rss;
    expect((await decodeImagePortable(bytes)).data).toEqual(new Uint8Array(48));
    expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 26);
  });

  it('a PNG that declares far more than it has, before memory is taken', async () => {
    const header = Buffer.from([0, 0, 31, 255, 0, 0, 31, 255, 8, 2, 0, 0, 0]);
    const bytes = Buffer.concat([
      Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
      pngChunk('IHDR', header),
      pngChunk('IDAT', deflateSync(new Uint8Array(1000))),
      pngChunk('IEND', new Uint8Array(0)),
    ]);
    expect((await failure(bytes)).details.reason).toBe('damaged');
  });

  it('anything cut short', async () => {
    const { data } = waveImage(40, 30);
    const picture = sharp(data, { raw: { width: 40, height: 30, channels: 3 } });
    const files = [
      png({ width: 40, height: 30, depth: 8, color: 2, seed: 1 }),
      await picture.jpeg().toBuffer(),
      await picture.jpeg({ progressive: true }).toBuffer(),
    ];
    for (const bytes of files) {
      for (const share of [0.05, 0.3, 0.6, 0.9, 0.99]) {
        const error = await failure(bytes.subarray(0, Math.floor(bytes.length * share)));
        expect(error.message).toMatch(/is truncated or damaged|is not an image/);
      }
    }
  });

  it('whatever else is wrong: an ImageError, or pixels of the size that was declared', async () => {
    const { data } = waveImage(24, 17);
    const picture = sharp(data, { raw: { width: 24, height: 17, channels: 3 } });
    const files = [
      png({ width: 24, height: 17, depth: 8, color: 3, palette: 200, seed: 1, interlaced: true }),
      png({ width: 24, height: 17, depth: 16, color: 6, seed: 2, split: 50 }),
      await picture.jpeg({ quality: 70 }).toBuffer(),
      await picture.withMetadata({ orientation: 6 }).jpeg({ progressive: true }).toBuffer(),
      bitmap({ width: 4, height: 4, bits: 24, pixels: noise(48, 3) }),
    ];
    const change = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), value: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...files),
        fc.array(change, { minLength: 1, maxLength: 6 }),
        fc.double({ min: 0.1, max: 3, noNaN: true }),
        fc.boolean(),
        async (file, changes, length, repair) => {
          const bytes = Uint8Array.from(file.subarray(0, Math.floor(file.length * length)));
          for (const { at, value } of changes) bytes[Math.floor(at * (bytes.length - 1))] = value;
          if (repair) repairChecksums(bytes);
          const result = await decodeImagePortable(bytes, { decodeJpeg, limits: { pixels: 2 ** 20 } }).catch(
            (error: unknown) => error,
          );
          if (result instanceof ImageError) return;
          const { width, height, data } = result as RgbImage;
          expect(data.length).toBe(width * height * 3);
        },
      ),
      { numRuns: 400 },
    );
  });
});

/** Makes the checksums of a PNG right again, so that what comes after them is tried, too. */
function repairChecksums(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer);
  for (let at = 8; at + 12 <= bytes.length; ) {
    const next = at + 12 + view.getUint32(at);
    if (next > bytes.length) return;
    view.setUint32(next - 4, crc32(bytes.subarray(at + 4, next - 4)));
    at = next;
  }
}
