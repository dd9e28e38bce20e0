import type { Box, Mask, ScalarMap } from '@cflow/spec';
import { connectedComponents } from './connected-components.js';

/** A connected part of a map, in pixels of the map. */
export interface MapRegion {
  box: Box;
  /** Number of pixels. */
  area: number;
  /** The highest value of the region and where it lies. */
  peak: { x: number; y: number; value: number };
}

/** Connected parts (8 neighbors) of a map. */
export interface Hills {
  /** For each pixel of the map the number of its part, from 1; 0 outside of all. */
  labels: Int32Array;
  /** Part 1 first, in the order of their first pixels. */
  parts: (MapRegion & { label: number })[];
}

/** The connected parts of what `inside` marks, which is of the map's size. */
export function hillsOf({ width, height, data }: ScalarMap, inside: Uint8Array): Hills {
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
  const parts = Array.from({ length: count }, (_, c) => ({
    label: c + 1,
    box: {
      x: left[c]!,
      y: top[c]!,
      width: right[c]! - left[c]! + 1,
      height: bottom[c]! - top[c]! + 1,
    },
    area: areas[c]!,
    peak: { x: peak[c]! % width, y: Math.floor(peak[c]! / width), value: data[peak[c]!]! },
  }));
  return { labels, parts };
}

/** Of a map's pixels those at or above `threshold` that are not left out; a NaN is not. */
export function pixelsAbove({ data }: ScalarMap, threshold: number, ignore: Mask | undefined): Uint8Array {
  const inside = new Uint8Array(data.length);
  for (let i = 0; i < inside.length; i++) {
    if (data[i]! >= threshold && !ignore?.data[i]) inside[i] = 1;
  }
  return inside;
}

/** The highest peak first, equal peaks in reading order. */
export function byHeight(a: MapRegion, b: MapRegion): number {
  return b.peak.value - a.peak.value || a.peak.y - b.peak.y || a.peak.x - b.peak.x;
}
