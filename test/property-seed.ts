import * as fc from 'fast-check';

/**
 * Properties are tried on the same examples in every run, so that a red run blames the change at hand and is red again.
 * `PROPERTY_SEED=random npx vitest run` looks further; a failure prints its seed, which `PROPERTY_SEED=<seed>` repeats.
 */
const asked = process.env.PROPERTY_SEED ?? '20240';
if (asked !== 'random') {
  const seed = Number(asked);
  if (!Number.isInteger(seed)) {
    throw new Error(`PROPERTY_SEED must be an integer or "random", got "${asked}"`);
  }
  fc.configureGlobal({ seed });
}
