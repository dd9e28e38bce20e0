import type { OperatingPoint, ScoreCalibration } from '@cflow/spec';
import { countedAt } from './counted-at.js';
import { thresholdForFalseAlarmRate } from './false-alarm.js';
import type { RankedScores } from './ranked-scores.js';

/** False alarms that people can bear: from one part in a hundred, which few want more than, to one in ten, which somebody looks at again. */
const PROMISED: readonly number[] = [0.01, 0.02, 0.05, 0.1];

/**
 * What would be found, and what called bad by mistake, if so many false alarms were promised. The thresholds come from the
 * calibration alone; the images are counted, and choose nothing.
 */
export function operatingPoints(ranked: RankedScores, calibration: ScoreCalibration): OperatingPoint[] {
  return PROMISED.map((promised) => {
    const threshold = Math.fround(thresholdForFalseAlarmRate(calibration, promised));
    const { falseAlarmRate, detectionRate } = countedAt(ranked, threshold);
    return { promised, threshold, falseAlarmRate, detectionRate };
  });
}
