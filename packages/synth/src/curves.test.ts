import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { direction, sineOfTurns } from './curves.js';

const turns = fc.double({ min: -50, max: 50, noNaN: true });

describe('curves', () => {
  it('approximates the sine to within 0.0011', () => {
    fc.assert(
      fc.property(turns, (t) => {
        expect(Math.abs(sineOfTurns(t) - Math.sin(2 * Math.PI * t))).toBeLessThan(0.0011);
      }),
    );
  });

  it('gives unit vectors', () => {
    fc.assert(
      fc.property(turns, (t) => {
        const { x, y } = direction(t);
        expect(x * x + y * y).toBeCloseTo(1, 12);
      }),
    );
  });
});
