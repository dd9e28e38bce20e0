import { calibrate, thresholdForFalseAlarmRate } from '@cflow/evaluation';
import type { BundleManifest } from '@cflow/spec';

/** What a manifest says of its detector's scores. */
export type CalibrationPart = Pick<BundleManifest, 'calibration' | 'thresholds' | 'probe'>;

/** Default share of good images that may be called bad, where there are enough images to vouch for it. */
const FALSE_ALARM_RATE = 0.01;

/**
 * Thresholds and tolerances from the scores of good images.
 * @param peaks the highest value of each map, where that is not the score
 */
export function calibrationPart(
  scores: readonly number[],
  images: BundleManifest['calibration']['images'],
  peaks?: readonly number[],
): CalibrationPart {
  const score = calibrate(scores);
  const map = peaks && calibrate(peaks);
  // Below 1 / (n + 1) a rate rests on the shape of the tail alone, and a threshold far beyond all scores finds nothing.
  const falseAlarmRate = Math.max(FALSE_ALARM_RATE, 1 / (scores.length + 1));
  const mean = scores.reduce((sum, value) => sum + value, 0) / scores.length;
  const variance =
    scores.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, scores.length - 1);
  // Identical images have no spread; the resolution of float32 is then all there is to measure by.
  const scoreSpread = Math.max(Math.sqrt(variance), Math.abs(mean) * 1e-6, 1e-9);
  return {
    calibration: { score, ...(map && { map }), images, scoreSpread },
    thresholds: {
      falseAlarmRate,
      score: thresholdForFalseAlarmRate(score, falseAlarmRate),
      ...(map && { pixel: thresholdForFalseAlarmRate(map, falseAlarmRate) }),
      f1: null,
      pixelF1: null,
    },
    probe: { absoluteTolerance: 1e-3 * scoreSpread, relativeTolerance: 1e-4 },
  };
}
