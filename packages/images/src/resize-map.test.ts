import { readFileSync } from 'node:fs';
import type { ScalarMap } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { largestDifference } from './fixtures/patterns.js';
import { resizeMap } from './resize-map.js';

interface TorchCase {
  from: [number, number];
  to: [number, number];
  antialias: boolean;
  values: number[];
}

const { torch, cases } = JSON.parse(
  readFileSync(new URL('./fixtures/torch-interpolate.json', import.meta.url), 'utf8'),
) as { torch: string; cases: TorchCase[] };

function pattern([width, height]: [number, number]): ScalarMap {
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data[y * width + x] = (((x * 7 + y * 13) * 2654435761) % 1000) / 100 - 5;
  }
  return { width, height, data };
}

describe('resizeMap', () => {
  it.each(cases.map((c) => [`${c.from.join('x')} to ${c.to.join('x')}`, c] as const))(
    `%s as torch ${torch}`,
    (_, { from, to, values }) => {
      const result = resizeMap(pattern(from), ...to);
      expect([result.width, result.height]).toEqual(to);
      // Torch's values are in double precision: the input and the result are each rounded once, 2.4e-7 at most.
      expect(largestDifference(result.data, values)).toBeLessThan(4.8e-7);
    },
  );

  it('copies a map that has the size already', () => {
    const map = pattern([6, 4]);
    const copy = resizeMap(map, 6, 4);
    expect(copy).toEqual(map);
    expect(copy.data).not.toBe(map.data);
  });

  it('refuses a map that is not whole', () => {
    expect(() => resizeMap({ width: 3, height: 2, data: new Float32Array(5) }, 2, 2)).toThrow(
      /needs 6 values/,
    );
  });
});
