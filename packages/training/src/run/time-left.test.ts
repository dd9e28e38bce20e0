import { describe, expect, it } from 'vitest';
import type { TrainingEvent } from '../events.js';
import { withTimeLeft } from './time-left.js';

const start = (epochs: number, testImages: number): TrainingEvent => ({
  type: 'start',
  name: 'lid',
  preset: epochs === 0 ? 'memory' : 'fast',
  backbone: 'efficientnet_lite0',
  layers: [],
  device: 'cpu',
  refused: [],
  epochs,
  trainImages: epochs === 0 ? 200 : 160,
  validationImages: epochs === 0 ? 0 : 40,
  testImages,
});

/** What is told at each moment of a run: seconds since it began, and seconds that are left. */
function told(events: readonly [at: number, TrainingEvent][]): [number, number | null][] {
  let now = 0;
  const found: [number, number | null][] = [];
  const onEvent = withTimeLeft(
    (event) => {
      if ('secondsLeft' in event && event.secondsLeft !== undefined) found.push([now, event.secondsLeft]);
    },
    () => now,
  );
  for (const [at, event] of events) {
    now = at;
    onEvent(event);
  }
  return found;
}

/** Counts to `total` in steps, evenly from one moment to another. */
function counting(
  type: 'features' | 'comparing',
  [from, to]: [number, number],
  total: number,
  step: number,
): [number, TrainingEvent][] {
  const steps = total / step;
  return Array.from({ length: steps }, (_, i) => [
    from + ((to - from) * i) / (steps - 1),
    { type, done: (i + 1) * step, total },
  ]);
}

const calibrated: TrainingEvent = {
  type: 'calibrated',
  images: 200,
  threshold: 13.25,
  falseAlarmRate: 0.01,
  heldOut: true,
};

function expectWithinFactorOfTwo(told: [number, number | null][], end: number): void {
  for (const [at, left] of told) {
    expect(left, `at ${at} s`).toBeGreaterThan((end - at) / 2);
    expect(left, `at ${at} s`).toBeLessThan((end - at) * 2);
  }
}

describe('withTimeLeft', () => {
  // As measured on 200 castings with 160 to test on, for two backbones, and of good images alone.
  it.each([
    { features: [3.4, 11], comparing: [21.7, 28.4], calibratedAt: 31.5, end: 43.3 },
    { features: [4.4, 12.7], comparing: [26.7, 35.2], calibratedAt: 40.6, end: 54.8 },
  ] as const)('tells of a memory when it will be there, from its first images on', (run) => {
    const found = told([
      [2.5, start(0, 160)],
      ...counting('features', [...run.features], 200, 8),
      ...counting('comparing', [...run.comparing], 200, 2),
      [run.calibratedAt, calibrated],
    ]);
    expect(found[0]?.[0]).toBeLessThan(run.end * 0.15);
    expect(found.length).toBeGreaterThan(120);
    expectWithinFactorOfTwo(found, run.end);
  });

  it('counts what comes after the decoders of a flow', () => {
    const found = told([
      [1.8, start(3, 160)],
      ...counting('features', [2.5, 11], 200, 8),
      [
        89,
        {
          type: 'progress',
          ...{ layer: 'blocks.6', epoch: 3, loss: 1, fraction: 0.958, secondsLeft: 3.3 },
        },
      ],
      [103.7, calibrated],
    ]);
    expect(found.map(([at]) => at)).toEqual([89, 103.7]);
    expectWithinFactorOfTwo(found, 120.9);
  });

  it('tells nothing of images whose features were there already', () => {
    expect(
      told([
        [1, start(0, 160)],
        [1.1, { type: 'features', done: 200, total: 200 }],
      ]),
    ).toEqual([]);
  });

  it('begins anew where images are compared for a second time', () => {
    const round = (from: number) => counting('comparing', [from, from + 10], 100, 2);
    const found = told([
      [0, start(0, 0)],
      ...counting('features', [1, 11], 200, 8),
      ...round(20),
      ...round(60),
    ]);
    // The last but one of the second round: a tenth of a second for each of two images, and what comes after them.
    expect(found.at(-2)?.[1]).toBeCloseTo(found.at(-1)![1]! + 10 / 49, 3);
  });
});
