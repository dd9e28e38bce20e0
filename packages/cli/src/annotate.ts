import { pixelThresholdOf } from '@cflow/detector';
import type { BundleManifest, Mask, Prediction, RgbImage } from '@cflow/spec';
import {
  anomalyScale,
  type Color,
  drawContours,
  drawRegions,
  markAnomalies,
  maskContours,
} from '@cflow/visual';

const REGION: Color = [255, 40, 160];
const TRUTH: Color = [255, 255, 255];

/** The image with what is anomalous in red, the regions framed and the outline of the true defect where it is known. */
export function annotate(
  image: RgbImage,
  { map, regions, pixelThreshold }: Prediction,
  manifest: Pick<BundleManifest, 'thresholds'>,
  mask?: Mask | undefined,
): RgbImage {
  // Lines as thick to the eye on a large image as on a small one.
  const lineWidth = Math.max(1, Math.max(image.width, image.height) / 320);
  let picture = markAnomalies(image, map, anomalyScale(pixelThresholdOf(manifest), pixelThreshold));
  if (mask) picture = drawContours(picture, maskContours(mask), { from: mask, lineWidth, color: TRUTH });
  return drawRegions(picture, regions, { lineWidth, color: REGION });
}
