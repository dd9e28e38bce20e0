import { describe, expect, it } from 'vitest';
import { passes } from './comparison.js';
import { COMPARISONS } from './comparisons/index.js';
import { goldenSets } from './golden-set.js';

const sets = goldenSets();
console.log(`golden tensors: ${sets.map(({ name, folder }) => `${name} set in ${folder}`).join(', ')}`);

describe.each(sets)('equal to the reference, $name set', (set) => {
  it.each(COMPARISONS.flatMap((source) => source(set)))('$name', async ({ compare }) => {
    const comparisons = await compare();
    expect(comparisons.length).toBeGreaterThan(0);
    expect(comparisons.filter((comparison) => !passes(comparison))).toEqual([]);
  });
});
