import { encodePngPortable } from '@cflow/images/portable';
import type { Region, RgbImage, ScalarMap } from '@cflow/spec';
import { anomalyScale, drawFindings } from '@cflow/visual';

/** The picture that the service draws, as a PNG. @param own The detector's pixel threshold, which colors go by */
export async function drawPrediction(
  image: RgbImage,
  map: ScalarMap,
  regions: readonly Region[],
  pixelThreshold: number,
  own: number,
): Promise<Uint8Array> {
  return encodePngPortable(drawFindings(image, map, regions, anomalyScale(own, pixelThreshold)));
}
