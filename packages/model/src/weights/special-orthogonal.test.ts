import { describe, expect, it } from 'vitest';
import { gaussians, type RandomGenerator, randomStream } from './random.js';
import { randomRotation } from './special-orthogonal.js';

const rotation = (seed: number, size: number) => randomRotation(randomStream(seed, 'rotation'), size).data;

/** Determinant by Gaussian elimination with pivots. */
function determinant(values: ArrayLike<number>, size: number): number {
  const rows = Array.from({ length: size }, (_, i) =>
    Array.from({ length: size }, (_, j) => values[i * size + j]!),
  );
  let product = 1;
  for (let k = 0; k < size; k++) {
    const pivot = rows
      .slice(k)
      .reduce((best, row, i) => (Math.abs(row[k]!) > Math.abs(rows[best]![k]!) ? k + i : best), k);
    [rows[k], rows[pivot]] = [rows[pivot] as number[], rows[k] as number[]];
    if (pivot !== k) product = -product;
    const head = rows[k] as number[];
    product *= head[k]!;
    for (const row of rows.slice(k + 1)) {
      const factor = row[k]! / head[k]!;
      for (let j = k; j < size; j++) row[j] = row[j]! - factor * head[j]!;
    }
  }
  return product;
}

/** scipy's special_ortho_group, line by line. */
function scipyRotation(random: RandomGenerator, size: number): number[][] {
  const h = Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => Number(i === j)));
  const d: number[] = [];
  for (let n = 0; n < size - 1; n++) {
    const x = gaussians(random, size - n);
    const norm2 = x.reduce((sum, value) => sum + value * value, 0);
    const x0 = x[0]!;
    d.push(x0 !== 0 ? Math.sign(x0) : 1);
    x[0] = x0 + d[n]! * Math.sqrt(norm2);
    const scale = Math.sqrt((norm2 - x0 ** 2 + x[0] ** 2) / 2);
    const u = x.map((value) => value / scale);
    for (const row of h) {
      const dot = u.reduce((sum, value, j) => sum + value * row[n + j]!, 0);
      u.forEach((value, j) => {
        row[n + j] = row[n + j]! - dot * value;
      });
    }
  }
  d.push((-1) ** (size - 1) * d.reduce((product, sign) => product * sign, 1));
  return h.map((row, i) => row.map((value) => d[i]! * value));
}

describe('randomRotation', () => {
  it.each([1, 2, 3, 16, 65])('is orthogonal with determinant 1, size %i', (size) => {
    const r = rotation(size, size);
    for (let i = 0; i < size; i++) {
      for (let j = 0; j <= i; j++) {
        let dot = 0;
        for (let k = 0; k < size; k++) dot += r[i * size + k]! * r[j * size + k]!;
        expect(Math.abs(dot - (i === j ? 1 : 0))).toBeLessThan(1e-6);
      }
    }
    expect(determinant(r, size)).toBeCloseTo(1, 5);
  });

  it('is what scipy computes from the same Gaussian numbers', () => {
    const expected = scipyRotation(randomStream(11, 'rotation'), 12).flat();
    rotation(11, 12).forEach((value, i) => {
      expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-7);
    });
  });

  it('turns the plane by a uniform angle', () => {
    const count = 4000;
    const angles = Array.from({ length: count }, (_, seed) => {
      const [c, , s] = rotation(seed, 2);
      return (Math.atan2(s as number, c as number) / Math.PI + 1) / 2;
    }).sort((a, b) => a - b);
    const distance = Math.max(
      ...angles.map((angle, i) => Math.max((i + 1) / count - angle, angle - i / count)),
    );
    expect(distance * Math.sqrt(count)).toBeLessThan(1.95);
  });

  it('has the moments of the Haar measure', () => {
    const count = 3000;
    const size = 5;
    const traces: number[] = [];
    const squares = new Float64Array(size * size);
    for (let seed = 0; seed < count; seed++) {
      const r = rotation(seed, size);
      traces.push([0, 1, 2, 3, 4].reduce((sum, i) => sum + r[i * size + i]!, 0));
      r.forEach((value, i) => {
        squares[i] = squares[i]! + (value * value) / count;
      });
    }
    // E tr = 0 and E tr^2 = 1; each entry has mean square 1 / size and mean fourth power 3 / (size (size + 2)).
    const mean = traces.reduce((a, b) => a + b, 0) / count;
    const second = traces.reduce((sum, trace) => sum + trace * trace, 0) / count;
    expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(count));
    expect(Math.abs(second - 1)).toBeLessThan(4 * Math.sqrt(2 / count));
    const deviation = Math.sqrt((3 / (size * (size + 2)) - 1 / size ** 2) / count);
    for (const square of squares) expect(Math.abs(square - 1 / size)).toBeLessThan(4.5 * deviation);
  });

  it('is equal for equal seeds', () => {
    expect(rotation(1, 8)).toEqual(rotation(1, 8));
    expect(rotation(1, 8)).not.toEqual(rotation(2, 8));
  });
});
