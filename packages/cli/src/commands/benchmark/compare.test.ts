import { describe, expect, it } from 'vitest';
import { compareRuns, compareWithin } from './compare.js';
import { benchmarkCell } from './testing/benchmark-cell.js';

const run = (shift: readonly number[], more: Parameters<typeof benchmarkCell>[0] = {}) =>
  shift.map((each, seed) => benchmarkCell({ seed, imageAuroc: 0.5 + 0.1 * seed + each, ...more }));

describe('compareRuns', () => {
  it('pairs by category and seed, so that what seeds have in common falls out', () => {
    const [comparison] = compareRuns(run([0.02, 0.04, -0.03]), run([0, 0, 0]));
    expect(comparison?.pairs).toBe(3);
    const { imageAuroc } = comparison?.differences ?? {};
    expect(imageAuroc).toMatchObject({ count: 3, better: 2, worse: 1 });
    expect(imageAuroc?.mean).toBeCloseTo(0.01, 12);
    expect(imageAuroc?.spread).toBeCloseTo(0.0360555, 6);
  });

  it('counts less as better where it is', () => {
    const [comparison] = compareRuns(
      run([0, 0], { falseAlarmRate: 0 }),
      run([0, 0], { falseAlarmRate: 0.1 }),
    );
    expect(comparison?.differences.falseAlarmRate).toMatchObject({ better: 2, worse: 0 });
    expect(comparison?.differences.falseAlarmRate?.mean).toBeCloseTo(-0.1, 12);
  });

  it('pairs variants of one name, or the only ones there are', () => {
    const others = [...run([0], { preset: 'anomalib' }), ...run([0, 0])];
    const [comparison, ...more] = compareRuns(run([0.1]), others);
    expect([comparison?.there, comparison?.pairs, more.length]).toEqual(['embedded, fast', 1, 0]);
    const [single] = compareRuns(run([0.1], { preset: 'paper' }), run([0]));
    expect([single?.here, single?.there]).toEqual(['embedded, paper', 'embedded, fast']);
  });

  it('refuses runs with nothing in common, and says what they have', () => {
    expect(() => compareRuns(run([0]), run([0], { category: 'lid' }))).toThrow(
      /this one has wood\/embedded, fast\/seed 0; the other lid/,
    );
  });

  it('compares the first variant of a run with each of the others', () => {
    const cells = [
      ...run([0.1, 0.1], { variant: 'a' }),
      ...run([0, 0.3], { variant: 'b' }),
      ...run([0.2], { variant: 'c', kind: 'peer' }),
    ];
    const [toB, toC, ...more] = compareWithin(cells);
    expect([toB?.here, toB?.there, toB?.pairs, toC?.there, toC?.pairs, more]).toEqual([
      'a',
      'b',
      2,
      'c',
      1,
      [],
    ]);
    expect(toB?.differences.imageAuroc).toMatchObject({ better: 1, worse: 1 });
    expect(toC?.differences.imageAuroc?.mean).toBeCloseTo(-0.1, 12);
    expect(compareWithin(run([0]))).toEqual([]);
  });
});
