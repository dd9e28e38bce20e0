import type { Mask, Metrics, ScalarMap } from '@cflow/spec';
import { tightRegions } from './tight-regions.js';

/** What was said of one image whose pixels count, and what is true of it. */
export interface LocatedImage {
  score: number;
  bad: boolean;
  map: ScalarMap;
  /** Ground truth of the map's size: nothing but zeros where all is good. */
  mask: Mask;
}

/**
 * Whether what was found was found where it is, as a detector reports it: images at or above `threshold`, with
 * their regions: what stands out above `pixelThreshold`, tight and without crumbs.
 *
 * One region over the whole image would meet every mask, so the rate alone says little: `regionPrecision` is what such a
 * region fails at.
 *
 * @returns null for a figure where there is no bad image with a mask, or no region
 */
export function locationMetrics(
  images: readonly LocatedImage[],
  threshold: number,
  pixelThreshold: number,
): Pick<Metrics, 'locationRate' | 'regionPrecision'> {
  let bad = 0;
  let located = 0;
  let marked = 0;
  let right = 0;
  for (const { score, bad: isBad, map, mask } of images) {
    if (isBad) bad++;
    if (score < threshold) continue;
    const { labels, parts } = tightRegions(map, pixelThreshold);
    const reported = new Set(parts.map(({ label }) => label));
    let met = 0;
    for (let p = 0; p < labels.length; p++) {
      if (labels[p] === 0 || !reported.has(labels[p]!)) continue;
      marked++;
      if (mask.data[p] !== 0) met++;
    }
    right += met;
    if (isBad && met > 0) located++;
  }
  return {
    locationRate: bad > 0 ? located / bad : null,
    regionPrecision: marked > 0 ? right / marked : null,
  };
}
