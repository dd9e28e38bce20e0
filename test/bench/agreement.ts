import type { Tensor } from '@cflow/onnx';

/** What two implementations of one computation may differ by. */
export const TOLERANCE = 1e-4;

type Tensors = Readonly<Record<string, Tensor>>;

/**
 * How two tensors are compared: by the largest |a - b| / max(1, |b|), or by the root mean square of a - b. The latter
 * is for what Adam has trained, which turns the rounding of gradients near zero into whole steps of single elements.
 */
export type Measure = 'largest' | 'root-mean-square';

/**
 * Two that do not compute the same must not be timed against each other.
 * @param names the outputs to compare, each by its measure
 * @returns the largest difference
 * @throws Error that names the outputs that differ
 */
export function expectAgreement(
  what: string,
  found: Tensors,
  expected: Tensors,
  names: ReadonlyMap<string, Measure>,
): number {
  const differences = differencesOf(found, expected, names);
  const bad = differences.filter(({ difference }) => !(difference <= TOLERANCE));
  if (bad.length === 0) return Math.max(...differences.map(({ difference }) => difference));
  const list = bad.map(({ name, difference }) => `${name} by ${difference.toExponential(1)}`).join(', ');
  throw new Error(`${what} do not compute the same, at most ${TOLERANCE} is allowed: ${list}`);
}

/** The largest difference of all outputs, each by its measure; NaN when one is missing or not a number. */
export function largestDifference(
  found: Tensors,
  expected: Tensors,
  names: ReadonlyMap<string, Measure>,
): number {
  return Math.max(...differencesOf(found, expected, names).map(({ difference }) => difference));
}

function differencesOf(
  found: Tensors,
  expected: Tensors,
  names: ReadonlyMap<string, Measure>,
): { name: string; difference: number }[] {
  return [...names].map(([name, measure]) => ({
    name,
    difference: difference(found[name], expected[name], measure),
  }));
}

function difference(found: Tensor | undefined, expected: Tensor | undefined, measure: Measure): number {
  if (!found || !expected || found.data.length !== expected.data.length) return Number.NaN;
  let worst = 0;
  let squares = 0;
  for (let i = 0; i < found.data.length; i++) {
    const target = Number(expected.data[i]);
    const error = Math.abs(Number(found.data[i]) - target);
    if (Number.isNaN(error)) return error;
    worst = Math.max(worst, error / Math.max(1, Math.abs(target)));
    squares += error * error;
  }
  return measure === 'largest' ? worst : Math.sqrt(squares / found.data.length);
}
