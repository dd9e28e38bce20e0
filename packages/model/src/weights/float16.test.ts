import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bfloat16ToFloat32,
  float16BitsToFloat32,
  float16ToFloat32,
  float32ToFloat16,
  float32ToFloat16Bits,
} from './float16.js';

const ALL_BITS = Uint16Array.from({ length: 65536 }, (_, bits) => bits);

/** The definition: sign, 5 bits of exponent, 10 of mantissa. */
function defined(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  if (exponent === 31) return mantissa === 0 ? sign * Infinity : Number.NaN;
  return exponent === 0 ? sign * mantissa * 2 ** -24 : sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}

describe('float16', () => {
  it('widens every bit pattern to the value that the format defines', () => {
    const floats = float16ToFloat32(ALL_BITS);
    for (const bits of ALL_BITS) {
      if (!Object.is(floats[bits], defined(bits))) expect.unreachable(`bits ${bits}: ${floats[bits]}`);
    }
  });

  it('narrows every widened value back to its bits; a NaN stays a NaN of the same sign', () => {
    const back = float32ToFloat16(float16ToFloat32(ALL_BITS));
    for (const bits of ALL_BITS) {
      const isNan = (bits & 0x7fff) > 0x7c00;
      if (isNan ? (back[bits]! & 0xfe00) !== ((bits & 0x8000) | 0x7e00) : back[bits] !== bits) {
        expect.unreachable(`bits ${bits}: ${back[bits]}`);
      }
    }
  });

  it('rounds to the nearest, ties to even', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 0x7bfe }),
        fc.integer({ min: 0, max: 8 }),
        fc.boolean(),
        (bits, eighths, negative) => {
          const low = defined(bits);
          const value = low + ((defined(bits + 1) - low) * eighths) / 8;
          const up = eighths > 4 || (eighths === 4 && bits % 2 === 1) ? 1 : 0;
          const sign = negative ? 0x8000 : 0;
          expect(float32ToFloat16Bits(negative ? -value : value)).toBe(sign | (bits + up));
        },
      ),
    );
  });

  it.each([
    [65519.996, 0x7bff],
    [65520, 0x7c00],
    [1e30, 0x7c00],
    [-Infinity, 0xfc00],
    [-0, 0x8000],
    [2 ** -25, 0x0000],
    [2 ** -25 * 1.0001, 0x0001],
    [-1e-45, 0x8000],
    [2 ** -14, 0x0400],
    [1023.75 * 2 ** -24, 0x0400],
  ])('narrows %d to %d', (value, bits) => {
    expect(float32ToFloat16Bits(value)).toBe(bits);
  });

  it('widens one value as the array version does', () => {
    expect(float16BitsToFloat32(0x3555)).toBe(defined(0x3555));
  });

  it('widens bfloat16', () => {
    expect([...bfloat16ToFloat32(Uint16Array.of(0x3f80, 0xc049, 0x7f80, 0x0001))]).toEqual([
      1,
      -3.140625,
      Infinity,
      2 ** -133,
    ]);
  });
});
