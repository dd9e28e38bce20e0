import { passes } from '../../golden/comparison.js';
import { COMPARISONS } from '../../golden/comparisons/index.js';
import { goldenSets } from '../../golden/golden-set.js';
import { goldenDevice } from '../../golden/run-graph.js';
import type { CheckJob } from './checked-device.js';
import { Failed, type Outcome } from './outcome.js';

const TRACE = /^training trace/;
const QUICK = /^(coupling block, hard|training trace, lr2e-3)/;

/** Everything that the reference computed, but not step by step. */
export const checkGolden = (job: CheckJob): Promise<Outcome> => compareAll(job, (name) => !TRACE.test(name));

/** The reference's training, step by step. */
export const checkTrace = (job: CheckJob): Promise<Outcome> => compareAll(job, (name) => TRACE.test(name));

async function compareAll(
  { device, quick, software }: CheckJob,
  wanted: (group: string) => boolean,
): Promise<Outcome> {
  if (goldenDevice() !== device) throw new Error(`the comparisons are set to run on ${goldenDevice()}`);
  // In software the subset that is kept here, which has something of everything: the full set takes minutes.
  const sets = goldenSets().filter(({ name }) => !software || name === 'subset');
  const failures: string[] = [];
  let count = 0;
  let closest = 0;
  let closestName = 'none';
  for (const set of sets) {
    for (const group of COMPARISONS.flatMap((source) => source(set))) {
      if (!wanted(group.name) || (quick && !QUICK.test(group.name))) continue;
      for (const comparison of await group.compare()) {
        const { name, largestDifference, tolerance, wanted: kind = 'agrees' } = comparison;
        count++;
        const full = `${set.name} set, ${group.name}, ${name}`;
        if (!passes(comparison)) {
          failures.push(`${full}: ${largestDifference.toExponential(2)}, ${kind} at ${tolerance}`);
        }
        if (kind === 'agrees' && largestDifference / tolerance > closest) {
          closest = largestDifference / tolerance;
          closestName = `${full}: ${largestDifference.toExponential(2)} of ${tolerance}`;
        }
      }
    }
  }
  if (count === 0) throw new Error('there was nothing to compare');
  const figures = {
    comparisons: count,
    failed: failures.length,
    closestToItsTolerance: closestName,
    sets: sets.map(({ name }) => name),
  };
  if (failures.length > 0) {
    throw new Failed(`${failures.length} of ${count} comparisons fail: ${failures.slice(0, 5).join('; ')}`, {
      ...figures,
      failures,
    });
  }
  return {
    reason: `${count} comparisons with the reference's tensors hold at the CPU's tolerances, nothing on the CPU`,
    figures,
  };
}
