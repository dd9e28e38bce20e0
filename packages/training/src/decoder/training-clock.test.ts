import { afterEach, expect, it, vi } from 'vitest';
import { stepsPerEpoch } from '../batches/layer-steps.js';
import { planTraining } from '../plan/plan.js';
import { TrainingClock } from './training-clock.js';

afterEach(() => vi.restoreAllMocks());

it('says how long it takes once that is known, whatever the first steps took', () => {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const { plan, configuration } = planTraining('anomalib', {}, { epochs: 10 });
  const shape = { channels: 8, conditionVector: 8, couplingBlocks: 2, clampAlpha: 1.9, permuteSoft: false };
  const kind = 'freia-cflow' as const;
  const layer = { name: 'a', channels: 8, height: 16, width: 16, decoder: { ...shape, kind } };
  const left: (number | null)[] = [];
  const clock = new TrainingClock(
    {
      ...{ layers: [layer], plan, configuration, trainImages: Array.from({ length: 64 }, (_, i) => i) },
      onEvent: (event) => {
        if (event.type === 'progress') left.push(event.secondsLeft);
      },
    },
    [],
  );
  const steps = stepsPerEpoch({ layers: [layer], plan, configuration }, layer, 64);
  // The engine compiles for a minute before the first step; then an epoch of a tenth of the run takes ten seconds.
  now = 60_000;
  clock.took(0, 1, 2, 0);
  expect(left).toEqual([null]);
  for (let done = 1; done <= steps / 2; done++) {
    now += 10_000 / steps;
    clock.took(0, 1, 1, 0);
  }
  expect(left.at(-1)).toBeGreaterThan(90);
  expect(left.at(-1)).toBeLessThan(96);
});
