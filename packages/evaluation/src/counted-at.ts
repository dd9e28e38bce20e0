import type { OperatingPoint } from '@cflow/spec';
import type { RankedScores } from './ranked-scores.js';

/** Shares of the good and of the bad images that a threshold calls bad; null where there are none. */
export function countedAt(
  { good, bad }: RankedScores,
  threshold: number,
): Pick<OperatingPoint, 'falseAlarmRate' | 'detectionRate'> {
  return {
    falseAlarmRate: defined(countAtOrAbove(good, threshold) / good.length),
    detectionRate: defined(countAtOrAbove(bad, threshold) / bad.length),
  };
}

/** Number of values at or above the threshold. */
export function countAtOrAbove(values: ArrayLike<number>, threshold: number): number {
  let count = 0;
  for (let i = 0; i < values.length; i++) if (values[i]! >= threshold) count++;
  return count;
}

/** JSON has no NaN: null stands for what is not defined. */
export const defined: (value: number) => number | null = (value) => (Number.isNaN(value) ? null : value);
