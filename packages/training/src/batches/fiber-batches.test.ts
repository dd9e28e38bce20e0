import { TrainingError } from '@cflow/spec';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fiberBatches, stepCount } from './fiber-batches.js';
import { imageBatches } from './image-batches.js';

const merge = { remainder: 'merge', oversize: 'error' } as const;
const sizes = (rows: number, size: number, plan: Parameters<typeof fiberBatches>[2] = merge): number[] =>
  fiberBatches(rows, size, plan, 0, 's').flatMap((group) => Array<number>(group.steps).fill(group.size));

describe('fiberBatches', () => {
  it.each([
    [256, 10, [...Array<number>(24).fill(10), 16]],
    [64, 10, [10, 10, 10, 10, 10, 14]],
    [16, 10, [16]],
    [256, 16, Array<number>(16).fill(16)],
    [19, 10, [19]],
    [20, 10, [10, 10]],
    [10, 10, [10]],
  ])('cuts %i fibers into batches of %i as the reference does', (rows, size, expected) => {
    expect(sizes(rows, size)).toEqual(expected);
    expect(stepCount(rows, size, 'error')).toBe(expected.length);
  });

  it("leaves the remainder out, as the original's code does", () => {
    const drop = { remainder: 'drop', oversize: 'error' } as const;
    expect(sizes(256, 10, drop)).toEqual(Array<number>(25).fill(10));
    expect(sizes(19, 10, drop)).toEqual([10]);
    expect(stepCount(256, 10, 'error')).toBe(25);
  });

  it('refuses a batch that cannot be filled, or makes it smaller', () => {
    expect(() => sizes(9, 10)).toThrow(TrainingError);
    expect(() => sizes(9, 10)).toThrow(/fiber batch of 10 is larger than the 9 fibers/);
    expect(sizes(9, 10, { remainder: 'merge', oversize: 'shrink' })).toEqual([9]);
    expect(stepCount(9, 10, 'shrink')).toBe(1);
    expect(stepCount(9, 10, 'error')).toBe(0);
  });

  it('takes every fiber once, in an order of the seed and the stream', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 80 }), (rows, size) => {
        const plan = { remainder: 'merge', oversize: 'shrink' } as const;
        const groups = fiberBatches(rows, size, plan, 3, 'a');
        for (const group of groups) expect(group.order.length).toBe(group.size * group.steps);
        const all = groups.flatMap(({ order }) => [...order]);
        expect([...all].sort((a, b) => a - b)).toEqual(Array.from({ length: rows }, (_, i) => i));
        expect(groups.reduce((sum, { steps }) => sum + steps, 0)).toBe(stepCount(rows, size, 'shrink'));
      }),
    );
    const order = (seed: number, stream: string): string =>
      `${fiberBatches(64, 8, merge, seed, stream)[0]?.order}`;
    expect(order(0, 'a')).toBe(order(0, 'a'));
    expect(order(0, 'a')).not.toBe(order(1, 'a'));
    expect(order(0, 'a')).not.toBe(order(0, 'b'));
  });
});

describe('imageBatches', () => {
  it('takes every image once, the last batch with what is left', () => {
    const batches = imageBatches(10, 4, false, 0, 0);
    expect(batches.map(({ length }) => length)).toEqual([4, 4, 2]);
    expect(batches.flat().sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('leaves the last batch out where it is asked to, but never all there is', () => {
    expect(imageBatches(10, 4, true, 0, 0).map(({ length }) => length)).toEqual([4, 4]);
    expect(imageBatches(3, 4, true, 0, 0).map(({ length }) => length)).toEqual([3]);
    expect(imageBatches(8, 4, true, 0, 0).map(({ length }) => length)).toEqual([4, 4]);
  });

  it('is in another order in every epoch and for every seed, and the same again', () => {
    const order = (seed: number, epoch: number): string => `${imageBatches(20, 20, false, seed, epoch)}`;
    expect(order(0, 0)).toBe(order(0, 0));
    expect(new Set([order(0, 0), order(0, 1), order(1, 0)]).size).toBe(3);
  });
});
