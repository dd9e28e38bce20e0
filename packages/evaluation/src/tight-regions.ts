import type { Mask, ScalarMap } from '@cflow/spec';
import { byHeight, type Hills, hillsOf, pixelsAbove } from './hills.js';
import { requireMapAndMask } from './regions.js';

export interface TightRegionsOptions {
  /** Pixels to leave out (non-zero), of the map's size. */
  ignore?: Mask | undefined;
  /** Smallest area in pixels of the map that is reported. Default: all. */
  minArea?: number | undefined;
  /**
   * Crumbs are left out: regions smaller than this share of the largest one, unless they are higher than it. In [0, 1]; 0 keeps
   * all. Default `MIN_SHARE`.
   */
  minShare?: number | undefined;
  /** Greatest number of regions; the highest peaks stay. Default: all. */
  limit?: number | undefined;
}

/** Regions below this share of the largest are crumbs, where nobody says. */
export const MIN_SHARE = 0.05;
/**
 * Where the edge of a region runs, from the threshold at 0 to its peak at 1. What regions of defects have of pixels that lie in them
 * grows with it, and what they cover of the defects falls: on photographs of commutators and tiles 0.35 and 0.88 instead of 0.32
 * and 0.83 here, and a mean overlap (intersection over union) of 0.13 and 0.31 instead of 0.13 and 0.33; at 0.5 it is 0.10 and 0.18.
 */
const EDGE = 0.15;

/**
 * What stands out of a map, tight around it: each connected part at or above `threshold` is a hill, and its region is what lies
 * above 15 % of the hill's height over the threshold. A hill with two peaks of about the same
 * height gives two regions. The highest peak first, equal peaks in reading order.
 *
 * @throws DataSetError when the map's data or the ignore mask are not of the map's size
 */
export function tightRegions(map: ScalarMap, threshold: number, options: TightRegionsOptions = {}): Hills {
  const { ignore, minArea = 0, minShare = MIN_SHARE, limit = Number.POSITIVE_INFINITY } = options;
  requireMapAndMask(map, ignore);
  const inside = pixelsAbove(map, threshold, ignore);
  const whole = hillsOf(map, inside);
  const edges = Float64Array.from(whole.parts, ({ peak }) => threshold + EDGE * (peak.value - threshold));
  for (let i = 0; i < inside.length; i++) {
    // Written so that an infinite peak, whose edge is infinite as well, keeps itself.
    if (inside[i] && map.data[i]! < edges[whole.labels[i]! - 1]!) inside[i] = 0;
  }
  const { labels, parts } = hillsOf(map, inside);
  const largest = parts.reduce((most, each) => (each.area > most.area ? each : most), parts[0]!);
  return {
    labels,
    parts: parts
      .filter(
        ({ area, peak }) =>
          area >= minArea && (area >= minShare * largest.area || peak.value > largest.peak.value),
      )
      .sort(byHeight)
      .slice(0, limit),
  };
}
