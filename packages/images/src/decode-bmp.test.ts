import { CflowError } from '@cflow/spec';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBmp } from './decode-bmp.js';
import { bitmap } from './fixtures/files.js';
import { noise } from './fixtures/patterns.js';

const palette = Array.from({ length: 16 }, (_, i) => [i * 16, 255 - i, i] as const);

describe('decodeBmp', () => {
  it('reads 24 bits bottom-up and top-down, with padded rows', () => {
    // Two rows of three pixels: 9 bytes and 3 of padding. Blue comes first.
    const pixels = new Uint8Array([
      ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0, 0],
      ...[10, 11, 12, 13, 14, 15, 16, 17, 18],
    ]);
    const upper = [12, 11, 10, 15, 14, 13, 18, 17, 16];
    const lower = [3, 2, 1, 6, 5, 4, 9, 8, 7];
    expect([...decodeBmp(bitmap({ width: 3, height: 2, bits: 24, pixels })).data]).toEqual([
      ...upper,
      ...lower,
    ]);
    const down = decodeBmp(bitmap({ width: 3, height: -2, bits: 24, pixels }));
    expect(down.height).toBe(2);
    expect([...down.data]).toEqual([...lower, ...upper]);
    expect([
      ...decodeBmp(bitmap({ width: 3, height: 2, bits: 24, pixels, gap: 10 })).data.slice(0, 9),
    ]).toEqual(upper);
  });

  it('reads 1, 4 and 8 bits with a palette, odd widths included', () => {
    const one = bitmap({
      width: 10,
      height: 1,
      bits: 1,
      pixels: new Uint8Array([0b10110000, 0b01000000, 0, 0]),
      palette: [
        [0, 0, 0],
        [9, 8, 7],
      ],
    });
    expect([...decodeBmp(one).data].filter((_, i) => i % 3 === 0)).toEqual([9, 0, 9, 9, 0, 0, 0, 0, 0, 9]);
    const four = bitmap({
      width: 3,
      height: 2,
      bits: 4,
      pixels: new Uint8Array([0x12, 0x30, 0, 0, 0x4f, 0x60, 0, 0]),
      palette,
    });
    expect([...decodeBmp(four).data].filter((_, i) => i % 3 === 2)).toEqual([4, 15, 6, 1, 2, 3]);
    const eight = bitmap({ width: 2, height: 1, bits: 8, pixels: new Uint8Array([5, 200, 0, 0]), palette });
    expect([...decodeBmp(eight).data]).toEqual([80, 250, 5, 0, 0, 0]);
  });

  it('reads 16 and 32 bits, with the usual masks and with given ones', () => {
    const word = (value: number): Uint8Array => new Uint8Array([value & 255, value >> 8, 0, 0]);
    const white555 = bitmap({ width: 1, height: 1, bits: 16, pixels: word(0x7fff) });
    expect([...decodeBmp(white555).data]).toEqual([255, 255, 255]);
    const masks = [0xf800, 0x07e0, 0x001f];
    const mixed565 = bitmap({
      width: 1,
      height: 1,
      bits: 16,
      compression: 3,
      masks,
      pixels: word((7 << 11) | (33 << 5) | 30),
    });
    expect([...decodeBmp(mixed565).data]).toEqual([57, 133, 246]);
    const deep = new Uint8Array([1, 2, 3, 4]);
    expect([...decodeBmp(bitmap({ width: 1, height: 1, bits: 32, pixels: deep })).data]).toEqual([3, 2, 1]);
    const swapped = bitmap({
      width: 1,
      height: 1,
      bits: 32,
      compression: 3,
      masks: [0xff, 0xff00, 0xff000000],
      pixels: deep,
    });
    expect([...decodeBmp(swapped).data]).toEqual([1, 2, 4]);
  });

  it('expands run lengths: runs, literals, jumps, early ends', () => {
    const indices = (parts: Parameters<typeof bitmap>[0]): number[] =>
      [...decodeBmp(bitmap(parts)).data].filter((_, i) => i % 3 === 2);
    const eight = new Uint8Array([...[2, 3, 0, 3, 4, 5, 6, 0], ...[0, 0], ...[0, 2, 1, 0, 3, 7], ...[0, 1]]);
    expect(indices({ width: 5, height: 2, bits: 8, compression: 1, palette, pixels: eight })).toEqual([
      ...[0, 7, 7, 7, 0],
      ...[3, 3, 4, 5, 6],
    ]);
    const four = new Uint8Array([...[3, 0x12, 0, 3, 0x34, 0x50], ...[0, 0], ...[200, 0x77], ...[0, 1]]);
    expect(indices({ width: 6, height: 2, bits: 4, compression: 2, palette, pixels: four })).toEqual([
      ...[7, 7, 7, 7, 7, 7],
      ...[1, 2, 1, 3, 4, 5],
    ]);
    const cut = bitmap({
      width: 5,
      height: 2,
      bits: 8,
      compression: 1,
      palette,
      pixels: eight.subarray(0, 9),
    });
    expect(() => decodeBmp(cut)).toThrow(/truncated/);
  });

  it('refuses what is cut off, too large or of another kind', () => {
    const whole = bitmap({ width: 4, height: 4, bits: 24, pixels: new Uint8Array(48) });
    expect(() => decodeBmp(whole.subarray(0, 60))).toThrow(/pixels end at byte 102, the file at 60/);
    expect(() => decodeBmp(whole.subarray(0, 30))).toThrow(/truncated within the header/);
    expect(() => decodeBmp(new Uint8Array(100))).toThrow(/not a bitmap/);
    expect(() => decodeBmp(whole, { pixels: 15 })).toThrow(/4x4 = 16 pixels, the limit is 15/);
    const huge = bitmap({ width: 0x7fffffff, height: 0x7fffffff, bits: 1, pixels: new Uint8Array(0) });
    expect(() => decodeBmp(huge)).toThrow(/the limit is 67108864/);
    expect(() => decodeBmp(bitmap({ width: 1, height: 1, bits: 7, pixels: new Uint8Array(4) }))).toThrow(
      /7 bits/,
    );
    const jpegInside = bitmap({ width: 1, height: 1, bits: 24, compression: 4, pixels: new Uint8Array(4) });
    expect(() => decodeBmp(jpegInside)).toThrow(/compression 4/);
  });

  it('answers any damage with an image or an error of its own', () => {
    const source = bitmap({ width: 9, height: 5, bits: 8, compression: 1, palette, pixels: noise(60, 4) });
    const change = fc.record({ at: fc.nat(source.length - 1), value: fc.integer({ min: 0, max: 255 }) });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 6 }), fc.nat(source.length), (changes, length) => {
        const damaged = source.slice();
        for (const { at, value } of changes) damaged[at] = value;
        try {
          const { width, height, data } = decodeBmp(damaged.subarray(0, length), { pixels: 1e6 });
          expect(data.length).toBe(width * height * 3);
        } catch (error) {
          expect(CflowError.isInstance(error)).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});
