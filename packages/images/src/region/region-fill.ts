import type { PictureRegion } from '@cflow/spec';
import { regionPlaces } from './region.js';

/**
 * Where the pixels of a region's picture come from: inside from themselves, outside mirrored at the border of the region, or
 * from the nearest pixel inside. A network then sees a picture that goes on as it is, and nothing of what is outside.
 *
 * @returns [height · width], the place that each is taken from
 */
export function regionFill(region: PictureRegion): Int32Array {
  const { width, height } = region;
  const inside = regionPlaces(region);
  const nearest = nearestInside(inside, width, height);
  return nearest.map((from, at) => {
    const x = 2 * (from % width) - (at % width);
    const y = 2 * Math.trunc(from / width) - Math.trunc(at / width);
    const mirrored = y * width + x;
    return x >= 0 && x < width && y >= 0 && y < height && inside[mirrored] === 1 ? mirrored : from;
  });
}

/** Fills planes, uint8 [3, height, width] from `offset`, in place. */
export function fillPlanes(planes: Uint8Array, fill: Int32Array, offset = 0): void {
  const area = fill.length;
  for (let plane = 0; plane < 3; plane++) {
    const start = offset + plane * area;
    // A place is either a source or a target, so that the order does not matter.
    for (let i = 0; i < area; i++) planes[start + i] = planes[start + fill[i]!]!;
  }
}

const NEIGHBORS = [
  [-1, -1],
  [0, -1],
  [1, -1],
  [-1, 0],
] as const;

/** For each place one inside that is nearest, or nearly: distances are handed on from place to place, forth and back. */
function nearestInside(inside: Uint8Array, width: number, height: number): Int32Array {
  const nearest = Int32Array.from(inside, (value, at) => (value === 1 ? at : -1));
  const distance = (from: number, x: number, y: number): number =>
    ((from % width) - x) ** 2 + (Math.trunc(from / width) - y) ** 2;
  // Twice: what comes from below and goes up again takes another round.
  for (const sign of [1, -1, 1, -1]) {
    for (let i = 0; i < inside.length; i++) {
      const at = sign > 0 ? i : inside.length - 1 - i;
      const [x, y] = [at % width, Math.trunc(at / width)];
      for (const [dx, dy] of NEIGHBORS) {
        const [u, v] = [x + sign * dx, y + sign * dy];
        if (u < 0 || u >= width || v < 0 || v >= height) continue;
        const from = nearest[v * width + u]!;
        const own = nearest[at]!;
        if (from >= 0 && (own < 0 || distance(from, x, y) < distance(own, x, y))) nearest[at] = from;
      }
    }
  }
  return nearest;
}
