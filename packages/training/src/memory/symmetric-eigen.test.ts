import { gaussians, randomStream } from '@cflow/model';
import { describe, expect, it } from 'vitest';
import { symmetricEigen } from './symmetric-eigen.js';

const symmetric = (n: number, rank: number): Float64Array => {
  const factors = gaussians(randomStream(n, 'matrix'), n * rank);
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      for (let k = 0; k < rank; k++)
        matrix[i * n + j]! += factors[i * rank + k]! * factors[j * rank + k]! * (k % 3 === 0 ? -1 : 1);
    }
  }
  return matrix;
};

describe('symmetricEigen', () => {
  it.each([
    [1, 1],
    [2, 2],
    [3, 3],
    [17, 17],
    [40, 5],
    [64, 64],
  ])('takes a matrix of %i rows and rank %i apart and puts it together again', (n, rank) => {
    const matrix = symmetric(n, rank);
    const { values, vectors } = symmetricEigen(matrix, n);
    const scale = Math.max(...values.map(Math.abs));
    let [worst, askew] = [0, 0];
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        let [sum, dot] = [0, i === j ? -1 : 0];
        for (let k = 0; k < n; k++) {
          sum += values[k]! * vectors[k * n + i]! * vectors[k * n + j]!;
          dot += vectors[i * n + k]! * vectors[j * n + k]!;
        }
        worst = Math.max(worst, Math.abs(sum - matrix[i * n + j]!) / scale);
        askew = Math.max(askew, Math.abs(dot));
      }
    }
    expect(worst).toBeLessThan(1e-12);
    expect(askew).toBeLessThan(1e-12);
    expect([...values]).toEqual([...values].sort((a, b) => b - a));
  });

  it('takes a matrix that is diagonal, or nothing at all, as it is', () => {
    expect([...symmetricEigen(Float64Array.of(2, 0, 0, 0, 3, 0, 0, 0, -1), 3).values]).toEqual([3, 2, -1]);
    expect([...symmetricEigen(new Float64Array(9), 3).values]).toEqual([0, 0, 0]);
  });

  it.each([2, 4, 16])(
    'takes one of rank %i apart whose first half hardly varies, as channels of a few images do',
    (rank) => {
      const n = 128;
      const factors = gaussians(randomStream(1, 'weak'), n * rank).map((value, i) =>
        i < (n / 2) * rank ? value * 1e-7 : value,
      );
      const matrix = new Float64Array(n * n);
      for (let i = 0; i < n; i++) {
        for (let j = 0; j <= i; j++) {
          let sum = 0;
          for (let k = 0; k < rank; k++) sum += factors[i * rank + k]! * factors[j * rank + k]!;
          matrix[i * n + j] = matrix[j * n + i] = Math.fround(sum / rank);
        }
      }
      const { values, vectors } = symmetricEigen(matrix, n);
      const largest = values[0]!;
      expect(values[rank - 1]).toBeGreaterThan(0.1 * largest);
      expect(Math.abs(values[rank]!)).toBeLessThan(1e-6 * largest);
      // The strongest axis is one: the matrix only scales it.
      for (let i = 0; i < n; i++) {
        let sum = 0;
        for (let j = 0; j < n; j++) sum += matrix[i * n + j]! * vectors[j]!;
        expect(Math.abs(sum - largest * vectors[i]!)).toBeLessThan(1e-12 * largest);
      }
    },
  );
});
