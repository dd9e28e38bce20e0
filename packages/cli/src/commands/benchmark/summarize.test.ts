import { describe, expect, it } from 'vitest';
import { falseAlarms } from './false-alarms.js';
import { statistic } from './statistic.js';
import { summarize } from './summarize.js';
import { benchmarkCell } from './testing/benchmark-cell.js';

describe('statistic', () => {
  it('gives mean and sample deviation of what is known', () => {
    expect(statistic([1, null, 2, undefined, 3])).toEqual({ mean: 2, spread: 1, count: 3 });
    expect(statistic([4])).toEqual({ mean: 4, spread: null, count: 1 });
    expect(statistic([null])).toBeNull();
  });
});

describe('summarize', () => {
  const cells = [0, 1].flatMap((seed) => [
    benchmarkCell({ seed, category: 'wood', imageAuroc: 0.8 + 0.1 * seed }),
    benchmarkCell({
      seed,
      category: 'lid',
      imageAuroc: 0.6 - 0.1 * seed,
      trainingSeconds: seed === 0 ? null : 30,
    }),
  ]);

  it('takes the spread of the average over seeds, not over categories', () => {
    const [variant] = summarize(cells);
    expect(variant?.categories.map(({ category }) => category)).toEqual(['wood', 'lid']);
    expect(variant?.categories[0]?.figures.imageAuroc?.mean).toBeCloseTo(0.85, 12);
    expect(variant?.categories[0]?.figures.imageAuroc?.spread).toBeCloseTo(Math.SQRT1_2 * 0.1, 12);
    // Both seeds average to 0.7: the categories' opposite moves cancel.
    expect(variant?.average.imageAuroc?.mean).toBeCloseTo(0.7, 12);
    expect(variant?.average.imageAuroc?.spread).toBeCloseTo(0, 12);
  });

  it('averages over seeds that have the figure in all categories', () => {
    const [variant] = summarize(cells);
    expect(variant?.average.trainingSeconds).toEqual({ mean: 20, spread: null, count: 1 });
    expect(variant?.average.pixelF1).toBeNull();
  });

  it('keeps backbones and presets apart', () => {
    const both = [...cells, benchmarkCell({ preset: 'anomalib' }), benchmarkCell({ backbone: 'resnet18' })];
    expect(summarize(both).map(({ name }) => name)).toEqual([
      'embedded, fast',
      'embedded, anomalib',
      'resnet18, fast',
    ]);
  });
});

describe('what choices were made on', () => {
  it('is averaged apart from what confirms them', () => {
    const cells = ['wood', 'lid', 'metal'].map((category, i) =>
      benchmarkCell({ category, imageAuroc: 0.9 - 0.1 * i }),
    );
    const [variant] = summarize(cells, ['wood']);
    const { chosenOn, confirmedOn } = variant?.parts ?? {};
    expect([chosenOn?.categories, confirmedOn?.categories]).toEqual([['wood'], ['lid', 'metal']]);
    expect(chosenOn?.average.imageAuroc?.mean).toBeCloseTo(0.9, 12);
    expect(confirmedOn?.average.imageAuroc?.mean).toBeCloseTo(0.75, 12);
    expect(confirmedOn?.falseAlarms?.images).toBe(40);
    expect(summarize(cells)[0]?.parts).toBeUndefined();
  });

  it('does not miss figures of pixels where some categories have no masks', () => {
    const cells = ['wood', 'lid'].map((category) => benchmarkCell({ category }));
    const { metrics } = cells[1] as (typeof cells)[number];
    metrics.pixelAuroc = null;
    expect(summarize(cells)[0]?.average.pixelAuroc).toMatchObject({ mean: 0.7, count: 1 });
  });
});

describe('falseAlarms', () => {
  it('counts the images of a category once, however many seeds looked at them', () => {
    const seeds = [0.1, 0.2, 0].map((falseAlarmRate, seed) => benchmarkCell({ seed, falseAlarmRate }));
    const alarms = falseAlarms(seeds);
    expect(alarms).toMatchObject({ images: 20, holds: true });
    expect(alarms?.rate).toBeCloseTo(0.1, 12);
    // Two of twenty: the interval of Clopper and Pearson.
    expect(alarms?.interval[0]).toBeCloseTo(0.0123, 4);
    expect(alarms?.interval[1]).toBeCloseTo(0.317, 3);
  });

  it('adds up categories, and tells a broken promise', () => {
    const alarms = falseAlarms([
      benchmarkCell({ category: 'wood', falseAlarmRate: 0.5 }),
      benchmarkCell({ category: 'lid', falseAlarmRate: 0.25, goodImages: 40 }),
    ]);
    expect(alarms).toMatchObject({ images: 60, holds: false });
    expect(alarms?.rate).toBeCloseTo(1 / 3, 12);
    expect(alarms?.promised).toBeCloseTo(0.05, 12);
  });
});
