import { DataSetError, type Mask, type ScalarMap } from '@cflow/spec';
import { requireSize } from './connected-components.js';
import { byHeight, hillsOf, type MapRegion, pixelsAbove } from './hills.js';

export interface FindRegionsOptions {
  /** Pixels to leave out (non-zero), of the map's size. */
  ignore?: Mask | undefined;
  /** Smallest area in pixels that is reported. Default 1. */
  minArea?: number | undefined;
  /** Greatest number of regions; the highest peaks stay. Default: all. */
  limit?: number | undefined;
}

/**
 * Connected parts (8 neighbors) of the map at or above `threshold`, in pixels of the map, the highest peak first, equal peaks in
 * reading order. A NaN belongs to no region. What a prediction reports is drawn tighter, and in pixels of the picture:
 * `pictureRegions`.
 *
 * @throws DataSetError when the map's data or the ignore mask are not of the map's size.
 */
export function findRegions(
  map: ScalarMap,
  threshold: number,
  options: FindRegionsOptions = {},
): MapRegion[] {
  const { ignore, minArea = 1, limit = Number.POSITIVE_INFINITY } = options;
  requireMapAndMask(map, ignore);
  return hillsOf(map, pixelsAbove(map, threshold, ignore))
    .parts.filter(({ area }) => area >= minArea)
    .sort(byHeight)
    .slice(0, limit)
    .map(({ box, area, peak }) => ({ box, area, peak }));
}

/** @throws DataSetError when the map's data or the ignore mask are not of the map's size. */
export function requireMapAndMask(map: ScalarMap, ignore: Mask | undefined): void {
  const { width, height } = map;
  requireSize('map', map);
  if (!ignore) return;
  requireSize('mask', ignore);
  if (ignore.width !== width || ignore.height !== height) {
    throw new DataSetError(
      `expected an ignore mask of the map's size ${width}x${height}, got ${ignore.width}x${ignore.height}`,
      { details: { map: [width, height], mask: [ignore.width, ignore.height] } },
    );
  }
}
