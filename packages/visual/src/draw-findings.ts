import type { Region, RgbImage, ScalarMap } from '@cflow/spec';
import type { AnomalyScale } from './anomaly-scale.js';
import { contours } from './contours.js';
import { drawContours, drawRegions } from './draw.js';
import { markAnomalies } from './mark-anomalies.js';

/**
 * The picture of a prediction that a service and an engine in a page answer with: what is anomalous in red, its outline,
 * and a thin frame around each region. An image with nothing above the threshold comes back as it is.
 */
export function drawFindings(
  image: RgbImage,
  map: ScalarMap,
  regions: readonly Pick<Region, 'box'>[],
  scale: AnomalyScale,
): RgbImage {
  const marked = markAnomalies(image, map, scale);
  const outlined = drawContours(marked, contours(map, scale.threshold), { from: map, lineWidth: 1.5 });
  return drawRegions(outlined, regions, { from: map, lineWidth: 1 });
}
