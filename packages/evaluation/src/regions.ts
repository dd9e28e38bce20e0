import { DataSetError, type Mask, type Region, type ScalarMap } from '@cflow/spec';
import { connectedComponents, requireSize } from './connected-components.js';

export interface FindRegionsOptions {
  /** Pixels to leave out (non-zero), of the map's size. */
  ignore?: Mask | undefined;
  /** Smallest area in pixels that is reported. Default 1. */
  minArea?: number | undefined;
  /** Greatest number of regions; the highest peaks stay. Default: all. */
  limit?: number | undefined;
}

/**
 * Connected parts (8 neighbors) of the map at or above `threshold`, the highest peak first, equal peaks in reading
 * order. A NaN belongs to no region.
 *
 * @throws DataSetError when the map's data or the ignore mask are not of the map's size.
 */
export function findRegions(map: ScalarMap, threshold: number, options: FindRegionsOptions = {}): Region[] {
  const { width, height, data } = map;
  const { ignore, minArea = 1, limit = Number.POSITIVE_INFINITY } = options;
  requireSize('map', map);
  if (ignore) {
    requireSize('mask', ignore);
    if (ignore.width !== width || ignore.height !== height) {
      throw new DataSetError(
        `Expected an ignore mask of the map's size ${width}x${height}, found ${ignore.width}x${ignore.height}.`,
        { details: { map: [width, height], mask: [ignore.width, ignore.height] } },
      );
    }
  }
  const inside = new Uint8Array(width * height);
  for (let i = 0; i < inside.length; i++) {
    if (data[i]! >= threshold && !ignore?.data[i]) inside[i] = 1;
  }
  const { labels, count, areas } = connectedComponents({ width, height, data: inside });
  const left = new Int32Array(count).fill(width);
  const right = new Int32Array(count);
  const top = new Int32Array(count);
  const bottom = new Int32Array(count);
  const peak = new Int32Array(count).fill(-1);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const c = labels[i]! - 1;
      if (c < 0) continue;
      if (peak[c]! < 0) {
        peak[c] = i;
        top[c] = y;
      } else if (data[i]! > data[peak[c]!]!) peak[c] = i;
      if (x < left[c]!) left[c] = x;
      if (x > right[c]!) right[c] = x;
      bottom[c] = y;
    }
  }
  const kept = Array.from({ length: count }, (_, c) => c)
    .filter((c) => areas[c]! >= minArea)
    .sort((a, b) => data[peak[b]!]! - data[peak[a]!]! || peak[a]! - peak[b]!)
    .slice(0, limit);
  return kept.map((c) => ({
    box: {
      x: left[c]!,
      y: top[c]!,
      width: right[c]! - left[c]! + 1,
      height: bottom[c]! - top[c]! + 1,
    },
    area: areas[c]!,
    peak: { x: peak[c]! % width, y: Math.floor(peak[c]! / width), value: data[peak[c]!]! },
  }));
}
