import type { Expected, GoldenSet } from './golden-set.js';

/** One quantity compared with what the reference computed for it. */
export interface Comparison {
  name: string;
  largestDifference: number;
  tolerance: number;
  /** Default `agrees`. A negative control `differs`: it passes when the difference exceeds the tolerance. */
  wanted?: 'agrees' | 'differs';
}

/** Comparisons that share their computation. */
export interface ComparisonGroup {
  name: string;
  compare(): Promise<Comparison[]>;
}

/** The comparisons that a set has the tensors for. */
export type ComparisonSource = (set: GoldenSet) => ComparisonGroup[];

export function passes({ largestDifference, tolerance, wanted = 'agrees' }: Comparison): boolean {
  return wanted === 'agrees' ? largestDifference <= tolerance : largestDifference > tolerance;
}

/** Largest |found - expected| / max(1, |expected|); Infinity where either is not a number. */
export function largestDifference(found: ArrayLike<number>, expected: Expected): number {
  return largest(found, expected, (value) => Math.max(1, Math.abs(value)));
}

/** Largest |found - expected| as a part of the largest |expected|: for gradients, which may all be small. */
export function largestShare(found: ArrayLike<number>, expected: Expected): number {
  let scale = 0;
  for (const value of expected.data) scale = Math.max(scale, Math.abs(value));
  return largest(found, expected, () => scale);
}

function largest(
  found: ArrayLike<number>,
  { data, stride }: Expected,
  scaleOf: (expected: number) => number,
): number {
  if (Math.ceil(found.length / stride) !== data.length) {
    throw new Error(`${found.length} values against ${data.length} expected, every ${stride}th`);
  }
  let worst = 0;
  for (let i = 0; i < data.length; i++) {
    const expected = data[i]!;
    const difference = Math.abs(found[i * stride]! - expected) / scaleOf(expected);
    if (Number.isNaN(difference)) return Number.POSITIVE_INFINITY;
    if (difference > worst) worst = difference;
  }
  return worst;
}
