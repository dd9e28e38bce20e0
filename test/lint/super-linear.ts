import { check } from 'recheck';

/** Milliseconds for one expression; those that are here take a few, on a busy machine some seconds. */
const PATIENCE_MS = 120_000;

/**
 * Where it cannot decide, as with what looks behind, it tries texts of up to 300,000 characters. A hundred steps for each
 * of them are still linear; what is not takes many more.
 */
const ATTACK_STEPS = 30_000_000;

/**
 * Why an expression may take time that grows faster than the text that it is tried on: with its square as with two
 * adjacent `\s*`, or worse. Undefined when it does not.
 */
export async function superLinear(source: string, flags: string): Promise<string | undefined> {
  const found = await checked(source, flags, 1);
  if (found.status === 'safe') return undefined;
  if (found.status === 'unknown') return `could not be decided (${found.error.kind})`;
  // What was tried and not decided counts when each of three trials finds it: one alone now and then takes what is long
  // for what is super-linear.
  if (found.checker === 'fuzz') {
    for (const seed of [2, 3]) {
      if ((await checked(source, flags, seed)).status === 'safe') return undefined;
    }
  }
  const { complexity, attack } = found;
  return `${complexity.summary}, as on ${JSON.stringify(attack.string.slice(0, 60))}…`;
}

const checked = (source: string, flags: string, randomSeed: number): ReturnType<typeof check> =>
  check(source, flags, { timeout: PATIENCE_MS, attackLimit: ATTACK_STEPS, randomSeed });
