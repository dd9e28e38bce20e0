import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { SampleRange } from '@cflow/spec';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeImage } from './decode-image.js';
import { tiff } from './fixtures/files.js';
import { imageErrorOf } from './fixtures/image-error-of.js';
import { noise } from './fixtures/patterns.js';
import { png } from './fixtures/png.js';
import { decodeImagePortable } from './portable/decode-image-portable.js';
import { mozJpegDecoder } from './portable/moz-jpeg.js';
import { SampleScale } from './sample-scale.js';

const TWELVE: SampleRange = { low: 0, high: 4095 };
const values = (samples: number[]): Uint16Array => Uint16Array.from(samples);
const gray = async (samples: Uint16Array): Promise<Uint8Array> =>
  sharp(samples, { raw: { width: samples.length, height: 1, channels: 1 } })
    .toColourspace('grey16')
    .png()
    .toBuffer();
const reds = ({ data }: { data: Uint8Array }): number[] => [...data].filter((_, i) => i % 3 === 0);

describe('samples of a range', () => {
  it('are rounded from it, halves upwards, and clipped', () => {
    const scale = new SampleScale({ low: 100, high: 110 });
    expect([99, 100, 101, 105, 109, 110, 111].map((value) => scale.byteOf16(value))).toEqual([
      0, 0, 26, 128, 230, 255, 255,
    ]);
    expect([...scale.bytesOf(Float32Array.of(Number.NaN, -1, 100.5, 1e30))]).toEqual([0, 0, 13, 255]);
  });

  it('are at full scale what they are without one', () => {
    const all = Uint16Array.from({ length: 65_536 }, (_, i) => i);
    const expected = all.map((value) => Math.trunc((value + 128) / 257));
    expect([...new SampleScale().bytesOf(all)]).toEqual([...expected]);
  });

  it('of 12 bits are those of the same picture at full scale, to one step', () => {
    const scale = new SampleScale(TWELVE);
    for (let value = 0; value < 4096; value++) {
      const full = Math.trunc((value * 16 + (value >> 8) + 128) / 257);
      expect(Math.abs(scale.byteOf16(value) - full)).toBeLessThanOrEqual(1);
    }
  });
});

describe('a picture of a range', () => {
  it.each([
    { color: 0, interlaced: false },
    { color: 2, interlaced: true },
    { color: 4, interlaced: true },
    { color: 6, interlaced: false },
  ] as const)('as PNG of color type $color is the same to the bit everywhere', async (kind) => {
    const bytes = png({ width: 33, height: 17, depth: 16, seed: 5, ...kind });
    for (const range of [TWELVE, { low: 1000, high: 40_000 }, { low: -3.5, high: 70_000.25 }]) {
      const [node, portable] = [
        await decodeImage(bytes, { range }),
        await decodeImagePortable(bytes, { range }),
      ];
      expect(portable).toEqual(node);
    }
    expect((await decodeImage(bytes, { range: TWELVE })).warnings).toHaveLength(1);
  });

  it('as PGM is read by its values, whatever its header says is the greatest', async () => {
    const header = new TextEncoder().encode('P5 3 1 1000\n');
    const bytes = Uint8Array.from([...header, 0, 0, 1, 244, 3, 232]);
    for (const image of [
      await decodeImage(bytes, { range: TWELVE }),
      await decodeImagePortable(bytes, { range: TWELVE }),
    ]) {
      expect(reds(image)).toEqual([0, 31, 62]);
    }
    expect(reds(await decodeImage(bytes))).toEqual([0, 128, 255]);
  });

  it('as TIFF may be of floating point; without a range that is refused, and says what to do', async () => {
    const floats = tiff(4, 1, 1, Float32Array.of(-0.5, 0.25, 0.5, 1.5));
    const image = await decodeImage(floats, { range: { low: 0, high: 1 } });
    expect(reds(image)).toEqual([0, 64, 128, 255]);
    expect(image.warnings).toEqual([
      '50 % of its samples lie outside of 0 to 1, found -0.5 to 1.5; they are clipped',
    ]);
    const colors = tiff(1, 1, 3, Float32Array.of(10, 20, 30));
    expect([...(await decodeImage(colors, { range: { low: 0, high: 51 } })).data]).toEqual([50, 100, 150]);
    expect((await imageErrorOf(decodeImage(floats))).message).toMatch(
      /samples of type float.*--range low:high/,
    );
    const refused = await imageErrorOf(decodeImagePortable(floats, { range: TWELVE }));
    expect(refused).toMatchObject({ details: { reason: 'unsupported' } });
    expect(refused.message).toMatch(/is TIFF.*save it as PNG of 16 bits/);
  });

  it('of 8 bits stays as it is, and is told', async () => {
    const bytes = png({ width: 9, height: 4, depth: 8, color: 2, seed: 3 });
    const expected = await decodeImage(bytes);
    for (const image of [
      await decodeImage(bytes, { range: TWELVE }),
      await decodeImagePortable(bytes, { range: TWELVE }),
    ]) {
      expect(image.data).toEqual(expected.data);
      expect(image.warnings?.[0]).toMatch(/has samples of 8 bits, expected more, with values from 0 to 4095/);
    }
    const jpeg = await sharp(noise(48, 1), { raw: { width: 4, height: 4, channels: 3 } })
      .jpeg()
      .toBuffer();
    const wasm = createRequire(import.meta.url).resolve('@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm');
    const decodeJpeg = mozJpegDecoder(readFileSync(wasm));
    expect((await decodeImagePortable(jpeg, { range: TWELVE, decodeJpeg })).warnings).toHaveLength(1);
  });

  it('that does not fit is an error where that is asked for; a few hot pixels do not matter', async () => {
    const dark = values(Array.from({ length: 200 }, (_, i) => i));
    const hot = dark.with(7, 65_535);
    const brighter = dark.map((value) => value * 300);
    const strict = { range: TWELVE, outOfRange: 'error' } as const;
    for (const decode of [decodeImage, decodeImagePortable]) {
      expect((await decode(await gray(hot), strict)).warnings).toBeUndefined();
      const error = await imageErrorOf(decode(await gray(brighter), strict));
      expect(error.details).toMatchObject({ reason: 'out-of-range', range: TWELVE });
      expect(error.message).toMatch(/9\d % of its samples lie outside of 0 to 4095, found 0 to 59700; give/);
    }
  });
});
