import { mapRange } from '@cflow/detector';
import type { BundleManifest, Mask, Prediction, RgbImage } from '@cflow/spec';
import { type Color, type ColorScale, drawContours, drawRegions, maskContours, overlay } from '@cflow/visual';

const REGION: Color = [255, 40, 160];
const TRUTH: Color = [255, 255, 255];

/** Colours that mean the same for all images of a detector. */
export function mapScale(manifest: BundleManifest): ColorScale {
  return mapRange(manifest) ?? {};
}

/** The image under its anomaly map, with the regions framed and the outline of the true defect where it is known. */
export function annotate(
  image: RgbImage,
  { map, regions }: Prediction,
  scale: ColorScale,
  mask?: Mask | undefined,
): RgbImage {
  // Lines as thick to the eye on a large image as on a small one.
  const lineWidth = Math.max(1, Math.max(image.width, image.height) / 320);
  let picture = overlay(image, map, scale);
  if (mask) picture = drawContours(picture, maskContours(mask), { from: mask, lineWidth, color: TRUTH });
  return drawRegions(picture, regions, { from: map, lineWidth, color: REGION });
}
