import type { Mask, ScalarMap } from '@cflow/spec';
import { contours as marchingSquares } from 'd3-contour';
import { requireImage } from './resample.js';

/**
 * A closed line, first point repeated at the end. Coordinates are in pixels with the image's corner at (0, 0), so that
 * pixel (x, y) covers [x, x + 1] x [y, y + 1] and its value sits at its center.
 */
export type Ring = [x: number, y: number][];

/**
 * Lines around the parts of the map at or above `threshold`, interpolated linearly between pixel centers. Holes have
 * rings of their own, in the other direction of turn. A part at the border is closed along the border.
 *
 * @throws ImageError when the map's data are not of its size.
 */
export function contours(map: ScalarMap, threshold: number): Ring[] {
  requireImage('map', map, 1);
  // d3-contour reads by index only, so that a typed array serves as well as the number[] its types ask for.
  const values = map.data as unknown as number[];
  const { coordinates } = marchingSquares().size([map.width, map.height]).contour(values, threshold);
  return coordinates.flat() as Ring[];
}

/** Lines around the parts of a mask that are not 0. */
export function maskContours(mask: Mask): Ring[] {
  const data = Float32Array.from(mask.data, (value) => (value === 0 ? 0 : 1));
  return contours({ width: mask.width, height: mask.height, data }, 0.5);
}
