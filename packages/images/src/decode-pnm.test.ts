import { describe, expect, it } from 'vitest';
import { decodeImage } from './decode-image.js';
import { decodePnm } from './decode-pnm.js';
import { imageErrorOf } from './fixtures/image-error-of.js';
import { decodeImagePortable } from './portable/decode-image-portable.js';

const file = (header: string, ...pixels: number[]): Uint8Array =>
  Buffer.concat([Buffer.from(header), Buffer.from(pixels)]);

describe('a PNM', () => {
  it.each([
    ['P5, 8 bits', file('P5\n3 1\n255\n', 0, 7, 255), 'gray', [0, 7, 255]],
    ['P5, few values', file('P5 2 1 15\n', 0, 15), 'gray', [0, 255]],
    [
      'P5, 16 bits, with a comment',
      file('P5\n# by a camera\n2 1\n65535\n', 1, 2, 255, 255),
      'gray',
      [258, 65535],
    ],
    ['P5, 12 bits are spread', file('P5 2 1 4095\n', 0, 0, 15, 255), 'gray', [0, 65535]],
    ['P6', file('P6 1 2 255\n', 1, 2, 3, 4, 5, 6), 'rgb', [1, 2, 3, 4, 5, 6]],
    [
      'P4, rows of whole bytes',
      file('P4 9 2\n', 0x80, 0x80, 0, 0),
      'gray',
      [0, 255, 255, 255, 255, 255, 255, 255, 0, ...Array(9).fill(255)],
    ],
    ['P1, digits side by side', file('P1 3 2 101 010'), 'gray', [0, 255, 0, 255, 0, 255]],
    ['P2', file('P2 2 2 10 0 5 # half\n10 99'), 'gray', [0, 128, 255, 255]],
    ['P3', file('P3 1 1 255 9 8 7\n'), 'rgb', [9, 8, 7]],
  ])('%s', async (_, bytes, space, samples) => {
    const { data, ...rest } = decodePnm(bytes);
    expect([rest.space, [...data]]).toEqual([space, samples]);
    expect(await decodeImagePortable(bytes)).toEqual(await decodeImage(bytes));
  });

  it.each([
    ['that ends too early', file('P5 9 9 255\n', 1, 2), 'damaged'],
    ['text that ends too early', file('P2 2 2 255 1 2'), 'damaged'],
    ['of no size', file('P5 0 9 255\n'), 'damaged'],
    ['with a header of words', file('P6 a b c\n'), 'damaged'],
    ['beyond the limit', file('P5 70000 70000 255\n'), 'too-many-pixels'],
    ['of floating point', file('Pf 1 1 -1.0\n', 0, 0, 0, 0), 'unsupported'],
    ['of any depth (PAM)', file('P7\nWIDTH 1\n'), 'unsupported'],
  ])('%s is refused', async (_, bytes, reason) => {
    expect((await imageErrorOf(decodeImage(bytes))).details.reason).toBe(reason);
    expect((await imageErrorOf(decodeImagePortable(bytes))).details.reason).toBe(reason);
  });
});
