import type { Region, RgbImage, ScalarMap } from '@cflow/spec';
import type { AnomalyScale } from './anomaly-scale.js';
import { drawContours, drawRegions } from './draw.js';
import { markAnomalies } from './mark-anomalies.js';

/**
 * The picture of a prediction that a service and an engine in a page answer with: what is anomalous in red, and the outline of
 * each region with a thin frame around it. An image with nothing above the threshold comes back as it is.
 */
export function drawFindings(
  image: RgbImage,
  map: ScalarMap,
  regions: readonly Pick<Region, 'box' | 'polygon'>[],
  scale: AnomalyScale,
): RgbImage {
  const marked = markAnomalies(image, map, scale);
  const rings = regions.map(({ polygon }) => [...polygon, ...polygon.slice(0, 1)]);
  return drawRegions(drawContours(marked, rings, { lineWidth: 1.5 }), regions, { lineWidth: 1 });
}
