import type { BundleManifest } from '@cflow/spec';

/**
 * Values of the anomaly map between which colours should change, the same for all images of a detector: nothing below the
 * lowest score of a good image, for that is what good images look like. Full at the highest value that a map can have;
 * where that is far from what defects reach, as far above the threshold as the threshold is above the lower end.
 * Undefined where the two ends would not be in order.
 */
export function mapRange({
  calibration,
  configuration,
  maxLikelihood,
  thresholds,
}: Pick<BundleManifest, 'calibration' | 'configuration' | 'maxLikelihood' | 'thresholds'>):
  | { min: number; max: number }
  | undefined {
  const min = calibration.score.scores[0] ?? 0;
  const max = configuration.fusion === 'standardized' ? 2 * thresholds.score - min : maxLikelihood;
  return max > min ? { min, max } : undefined;
}
