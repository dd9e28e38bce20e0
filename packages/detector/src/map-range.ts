import type { BundleManifest } from '@cflow/spec';
import { pixelThresholdOf } from './predict.js';

/**
 * Values of the anomaly map between which colors should change, the same for all images of a detector: nothing below the
 * lowest peak of a good image's map, for that is what good images look like. Full at the highest value that a map can have;
 * where there is none, or it is far from what defects reach, as far above the threshold as the threshold is above the lower
 * end. Undefined where the two ends would not be in order.
 */
export function mapRange(
  manifest: Pick<BundleManifest, 'calibration' | 'configuration' | 'maxLikelihood' | 'thresholds'>,
): { min: number; max: number } | undefined {
  const { calibration, configuration, maxLikelihood } = manifest;
  const min = (calibration.map ?? calibration.score).scores[0] ?? 0;
  const max =
    maxLikelihood === undefined || configuration.fusion === 'standardized'
      ? 2 * pixelThresholdOf(manifest) - min
      : maxLikelihood;
  return max > min ? { min, max } : undefined;
}
