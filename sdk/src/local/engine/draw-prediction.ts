import { encodePngPortable } from '@cflow/images/portable';
import type { Region, RgbImage, ScalarMap } from '@cflow/spec';
import { contours, drawContours, drawRegions, overlay } from '@cflow/visual';

/** The picture that the service draws: the map over the image up to twice the threshold, its outline and the boxes. */
export async function drawPrediction(
  image: RgbImage,
  map: ScalarMap,
  regions: readonly Region[],
  pixelThreshold: number,
): Promise<Uint8Array> {
  const max = pixelThreshold > 0 ? 2 * pixelThreshold : undefined;
  const coloured = overlay(image, map, { min: 0, max });
  const outlined = drawContours(coloured, contours(map, pixelThreshold), { from: map, lineWidth: 1.5 });
  return encodePngPortable(drawRegions(outlined, regions, { from: map, lineWidth: 1 }));
}
