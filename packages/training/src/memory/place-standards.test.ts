import { gaussians, randomStream } from '@cflow/model';
import { describe, expect, it } from 'vitest';
import { PlaceStandards } from './place-standards.js';

const SIZE = { height: 4, width: 5 };
const sample = (images: number): Float32Array =>
  Float32Array.from(
    gaussians(randomStream(5, `${images}`), images * 20),
    (value, i) => 10 + (i % 20) + value,
  );

describe('PlaceStandards', () => {
  it('leaves an image out as if it had not been there', () => {
    const distances = sample(6);
    const left = new PlaceStandards(SIZE, distances).leftOut(2);
    const others = new PlaceStandards(
      SIZE,
      distances.filter((_, i) => Math.floor(i / 20) !== 2),
    ).all();
    left.forEach((value, p) => {
      const expected = (distances[2 * 20 + p]! - others.usual[p]!) / others.spread[p]!;
      expect(value).toBeCloseTo(expected, 3);
    });
  });

  it('tells places apart the better the more images there are', () => {
    const slope = (images: number): number => {
      const { usual } = new PlaceStandards(SIZE, sample(images)).all();
      return usual[19]! - usual[0]!;
    };
    // 15 or so between the two corners, once neighbors are averaged.
    expect(slope(2)).toBeLessThan(slope(20));
    expect(slope(200)).toBeGreaterThan(12);
  });

  it('has no spread of 0, not even of images that are all alike', () => {
    const { usual, spread } = new PlaceStandards(SIZE, new Float32Array(60).fill(2)).all();
    expect(usual.every((value) => value === 2)).toBe(true);
    expect(spread.every((value) => value > 0)).toBe(true);
    expect(new PlaceStandards(SIZE, new Float32Array(60)).all().spread.every((value) => value > 0)).toBe(
      true,
    );
  });
});
