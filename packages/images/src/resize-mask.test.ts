import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noise } from './fixtures/patterns.js';
import { resizeMask } from './resize-mask.js';

interface NearestCase {
  from: [number, number];
  to: [number, number];
  sha256: string;
}

const { nearest, pillow } = JSON.parse(
  readFileSync(new URL('./fixtures/pillow-resize.json', import.meta.url), 'utf8'),
) as { nearest: NearestCase[]; pillow: string };

describe('resizeMask', () => {
  it.each(nearest.map((c) => [`${c.from.join('x')} to ${c.to.join('x')}`, c] as const))(
    `%s: every byte of Pillow ${pillow}`,
    (_, { from: [width, height], to, sha256 }) => {
      const mask = { width, height, data: noise(width * height, width * 7 + height) };
      const digest = createHash('sha256')
        .update(resizeMask(mask, ...to).data)
        .digest('hex');
      expect(digest).toBe(sha256);
    },
  );

  it('repeats each pixel when enlarging by a whole number, and undoes it', () => {
    const side = fc.integer({ min: 1, max: 12 });
    fc.assert(
      fc.property(side, side, fc.integer({ min: 1, max: 5 }), (width, height, factor) => {
        const mask = { width, height, data: noise(width * height, 3) };
        const large = resizeMask(mask, width * factor, height * factor);
        expect(large.data[(height * factor - 1) * width * factor]).toBe(mask.data[(height - 1) * width]);
        expect(resizeMask(large, width, height)).toEqual(mask);
      }),
    );
  });

  it('refuses a mask that is not whole', () => {
    expect(() => resizeMask({ width: 3, height: 3, data: new Uint8Array(8) }, 2, 2)).toThrow(
      /needs 9 values/,
    );
  });
});
