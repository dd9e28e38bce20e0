import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { decodeMask } from '../decode-mask.js';
import { bitmap } from '../fixtures/files.js';
import { noise } from '../fixtures/patterns.js';
import { png } from '../fixtures/png.js';
import { decodeMaskPortable } from './decode-mask-portable.js';
import { mozJpegDecoder } from './moz-jpeg.js';
import { writePng } from './write-png.js';

const decodeJpeg = mozJpegDecoder(
  readFileSync(createRequire(import.meta.url).resolve('@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm')),
);

async function expectSameAsNode(bytes: Uint8Array, note: string): Promise<void> {
  expect(await decodeMaskPortable(bytes, { decodeJpeg }), note).toEqual(await decodeMask(bytes));
}

it('gives the mask of Node, for every kind of PNG', async () => {
  for (const color of [0, 2, 3, 4, 6] as const) {
    for (const depth of color === 0 ? [1, 2, 4, 8, 16] : color === 3 ? [1, 2, 4, 8] : [8, 16]) {
      const palette = color === 3 ? { palette: 2 ** depth } : {};
      const parts = { width: 21, height: 13, depth, color, seed: depth + color, ...palette };
      await expectSameAsNode(png(parts), JSON.stringify(parts));
    }
  }
});

it('takes alpha where colors say nothing, as Node does', async () => {
  const rgba = new Uint8Array(9 * 6 * 4);
  for (let i = 12; i < 30; i++) rgba[i * 4 + 3] = 200;
  const image = sharp(rgba, { raw: { width: 9, height: 6, channels: 4 } });
  for (const [note, file] of [
    ['RGBA', await image.clone().png().toBuffer()],
    ['gray and alpha', await image.clone().toColourspace('b-w').png().toBuffer()],
    ['a palette', await image.clone().png({ palette: true }).toBuffer()],
  ] as const) {
    await expectSameAsNode(file, note);
    // What is transparent in a palette gets a color of its own.
    if (note === 'a palette') continue;
    expect(
      [...(await decodeMask(file)).data].filter((value) => value === 1),
      note,
    ).toHaveLength(18);
  }
});

it('takes half of the brightest in a dark JPEG, but not what compression leaves of black', async () => {
  const values = (most: number) => Uint8Array.from({ length: 32 * 16 }, (_, i) => (i % 32 < 16 ? 0 : most));
  for (const [most, marked] of [
    [100, 256],
    [12, 0],
  ] as const) {
    const file = await sharp(values(most), { raw: { width: 32, height: 16, channels: 1 } })
      .jpeg()
      .toBuffer();
    await expectSameAsNode(file, `${most}`);
    expect((await decodeMask(file)).data.reduce((sum, value) => sum + value, 0)).toBe(marked);
  }
});

it('counts values of 16 bits that would round to nothing in 8', async () => {
  const bytes = Uint8Array.of(0, 0, 0, 1, 0, 127, 1, 0, 255, 255, 0, 0);
  const file = await writePng({ width: 3, height: 2, channels: 1, depth: 16, bytes });
  expect([...(await decodeMaskPortable(file)).data]).toEqual([0, 1, 1, 1, 1, 0]);
  await expectSameAsNode(file, 'gray of 16 bits');
});

it('takes half of full scale in a JPEG, and reads bitmaps', async () => {
  const values = Uint8Array.from({ length: 32 * 16 }, (_, i) => (i % 32 < 13 ? 0 : 255));
  const gray = sharp(values, { raw: { width: 32, height: 16, channels: 1 } });
  await expectSameAsNode(await gray.jpeg({ quality: 60 }).toBuffer(), 'JPEG');
  await expectSameAsNode(bitmap({ width: 4, height: 4, bits: 24, pixels: noise(48, 3) }), 'BMP');
});

it('writes PNG that others read: gray and color, 8 and 16 bits, with texts', async () => {
  for (const channels of [1, 3] as const) {
    for (const depth of [8, 16] as const) {
      const bytes = noise((7 * 5 * channels * depth) / 8, channels + depth);
      const file = await writePng({ width: 7, height: 5, channels, depth, bytes, texts: { 'a:b': '0.25' } });
      const picture = sharp(file);
      const { comments, depth: found } = await picture.metadata();
      expect(comments).toEqual([{ keyword: 'a:b', text: '0.25' }]);
      expect(found).toBe(depth === 8 ? 'uchar' : 'ushort');
      const space = channels === 1 ? (depth === 8 ? 'b-w' : 'grey16') : depth === 8 ? 'srgb' : 'rgb16';
      const raw = await picture
        .pipelineColourspace(space)
        .toColourspace(space)
        .raw({ depth: depth === 8 ? 'uchar' : 'ushort' })
        .toBuffer();
      // Samples of 16 bits come in the order of this machine.
      expect(new Uint8Array(depth === 8 ? raw : raw.swap16())).toEqual(bytes);
    }
  }
});
