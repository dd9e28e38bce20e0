import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { centeredInterpolationMatrix, interpolationMatrix } from './interpolation.js';

const size = fc.integer({ min: 1, max: 80 });
const rowsOf = (matrix: Float32Array, width: number): Float32Array[] =>
  Array.from({ length: matrix.length / width }, (_, row) => matrix.subarray(row * width, (row + 1) * width));

describe('interpolationMatrix', () => {
  it('is a weighted mean of neighbors', () => {
    fc.assert(
      fc.property(size, size, (inputSize, outputSize) => {
        const rows = rowsOf(interpolationMatrix(inputSize, outputSize), inputSize);
        expect(rows.length).toBe(outputSize);
        for (const row of rows) {
          expect(row.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 6);
          const used = [...row.keys()].filter((column) => row[column] !== 0);
          expect(Math.min(...row)).toBeGreaterThanOrEqual(0);
          expect((used.at(-1) as number) - used[0]!).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('keeps a ramp a ramp, corners on corners', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 80 }),
        fc.integer({ min: 2, max: 80 }),
        (inputSize, outputSize) => {
          const rows = rowsOf(interpolationMatrix(inputSize, outputSize), inputSize);
          rows.forEach((row, i) => {
            const value = row.reduce((sum, weight, column) => sum + weight * column, 0);
            expect(value).toBeCloseTo((i * (inputSize - 1)) / (outputSize - 1), 4);
          });
        },
      ),
    );
  });

  it('changes nothing between equal sizes', () => {
    const rows = rowsOf(interpolationMatrix(5, 5), 5);
    rows.forEach((row, i) => {
      expect([...row]).toEqual([0, 1, 2, 3, 4].map((column) => (column === i ? 1 : 0)));
    });
  });

  it('repeats a single value, and reads the first for a single output', () => {
    expect([...interpolationMatrix(1, 4)]).toEqual([1, 1, 1, 1]);
    expect([...interpolationMatrix(3, 1)]).toEqual([1, 0, 0]);
  });
});

describe('centeredInterpolationMatrix', () => {
  it('interpolates between centers, and repeats what is outermost', () => {
    expect(rowsOf(centeredInterpolationMatrix(2, 4), 2).map((row) => [...row])).toEqual([
      [1, 0],
      [0.75, 0.25],
      [0.25, 0.75],
      [0, 1],
    ]);
    expect([...centeredInterpolationMatrix(1, 3)]).toEqual([1, 1, 1]);
    expect([...centeredInterpolationMatrix(3, 1)]).toEqual([0, 1, 0]);
  });

  it.each([
    [8, 16],
    [16, 256],
    [5, 5],
  ])('gives weights that add up to 1, from %i to %i', (inputSize, outputSize) => {
    for (const row of rowsOf(centeredInterpolationMatrix(inputSize, outputSize), inputSize)) {
      expect(row.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 6);
    }
  });
});
