import type { Metrics } from '@cflow/spec';
import type { CellResult } from './cell.js';

/** The false-alarm rate that was promised, and whether it lies in the interval of the one that was found. */
export function promiseOf(
  { falseAlarmRateInterval: interval = null }: Pick<Metrics, 'falseAlarmRateInterval'>,
  { falseAlarmRate: promised }: { falseAlarmRate: number },
): Pick<CellResult, 'promisedFalseAlarmRate' | 'promiseHolds'> {
  return {
    promisedFalseAlarmRate: promised,
    promiseHolds: interval && interval[0] <= promised && promised <= interval[1],
  };
}
