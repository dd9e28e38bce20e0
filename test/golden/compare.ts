// Compares everything with the golden tensors and prints the largest difference of each; the last line is JSON.
// Exits with 1 when a comparison fails.
import { passes } from './comparison.js';
import { COMPARISONS } from './comparisons/index.js';
import { goldenSets } from './golden-set.js';

const sets = goldenSets();
const results: {
  set: string;
  group: string;
  name: string;
  largestDifference: number;
  tolerance: number;
  wanted: 'agrees' | 'differs';
  ok: boolean;
}[] = [];
for (const set of sets) {
  console.log(`\n${set.name} set: ${set.folder}`);
  for (const group of COMPARISONS.flatMap((source) => source(set))) {
    console.log(`\n${group.name}`);
    for (const comparison of await group.compare()) {
      const { name, largestDifference, tolerance, wanted = 'agrees' } = comparison;
      const ok = passes(comparison);
      const limit = `${wanted === 'agrees' ? 'at most' : 'more than'} ${tolerance.toExponential(0)}`;
      console.log(
        `  ${ok ? 'ok  ' : 'FAIL'} ${largestDifference.toExponential(2).padStart(9)}  ${limit.padEnd(15)} ${name}`,
      );
      results.push({ set: set.name, group: group.name, name, largestDifference, tolerance, wanted, ok });
    }
  }
}
const failed = results.filter(({ ok }) => !ok);
if (sets.length === 1) {
  console.log(
    '\nThe full set of golden tensors is not on this machine: the subset that is kept here was compared.',
  );
}
console.log(`\n${results.length - failed.length} of ${results.length} comparisons pass`);
console.log(
  JSON.stringify({
    sets: sets.map(({ name }) => name),
    passed: results.length - failed.length,
    failed,
    results,
  }),
);
if (failed.length > 0) process.exitCode = 1;
