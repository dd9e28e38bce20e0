import { describe, expect, it } from 'vitest';
import { toPlanar } from './planar.js';

const image = { width: 2, height: 1, data: new Uint8Array([1, 2, 3, 4, 5, 6]) };

describe('toPlanar', () => {
  it('puts red, green and blue one after the other', () => {
    expect([...toPlanar(image)]).toEqual([1, 4, 2, 5, 3, 6]);
  });

  it('writes at an offset', () => {
    expect([...toPlanar(image, new Uint8Array(8), 1)]).toEqual([0, 1, 4, 2, 5, 3, 6, 0]);
  });

  it('refuses an output that is too small', () => {
    expect(() => toPlanar(image, new Uint8Array(6), 1)).toThrow(/6 bytes from offset 1, the output has 6/);
  });
});
