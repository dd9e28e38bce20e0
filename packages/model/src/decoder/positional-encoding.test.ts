import { ConfigurationError } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { axisEncoding, positionalEncoding } from './positional-encoding.js';

describe('positionalEncoding', () => {
  it('holds sine and cosine of the column, then of the row', () => {
    const [dimensions, height, width] = [12, 3, 4];
    const encoding = positionalEncoding(dimensions, height, width);
    expect(encoding.length).toBe(height * width * dimensions);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const row = encoding.subarray((y * width + x) * dimensions, (y * width + x + 1) * dimensions);
        [0, 1, 2].forEach((k) => {
          const frequency = 10000 ** (-k / 3);
          expect(row[2 * k]).toBeCloseTo(Math.sin(x * frequency), 6);
          expect(row[2 * k + 1]).toBeCloseTo(Math.cos(x * frequency), 6);
          expect(row[6 + 2 * k]).toBeCloseTo(Math.sin(y * frequency), 6);
          expect(row[6 + 2 * k + 1]).toBeCloseTo(Math.cos(y * frequency), 6);
        });
      }
    }
  });

  it('tells every position of a large map from every other', () => {
    const encoding = positionalEncoding(8, 64, 64);
    const rows = new Set<string>();
    for (let i = 0; i < 64 * 64; i++) rows.add(encoding.subarray(i * 8, (i + 1) * 8).join());
    expect(rows.size).toBe(64 * 64);
  });

  it.each([0, -4, 2, 6, 127, 4.5, Number.NaN])('refuses a length of %s', (dimensions) => {
    for (const encode of [() => positionalEncoding(dimensions, 2, 2), () => axisEncoding(dimensions, 2)]) {
      expect(encode).toThrow(ConfigurationError);
      expect(encode).toThrow(/multiple of 4/);
    }
  });

  it('names the nearest lengths that would do', () => {
    expect(() => positionalEncoding(126, 2, 2)).toThrow(/got 126; the nearest are 124 and 128/);
  });
});
