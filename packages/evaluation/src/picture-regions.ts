import type { Box, Region, ScalarMap } from '@cflow/spec';
import type { MapRegion } from './hills.js';
import { outlineOf, simplifyOutline } from './outline.js';
import { type TightRegionsOptions, tightRegions } from './tight-regions.js';

/** A region as far as the map tells; what it means for the score, a detector's calibration knows. */
export type PlacedRegion = Omit<Region, 'score'>;

export interface PictureRegionsOptions extends Omit<TightRegionsOptions, 'minArea'> {
  /** Size of the picture that the map lies over. Default: the map's. */
  picture?: { width: number; height: number } | undefined;
  /** Smallest area in pixels of the picture that is reported. Default 1. */
  minArea?: number | undefined;
}

/** As many as an outline may have that people draw. */
const MOST_CORNERS = 64;
/** Pixels of the map: its pixels make steps, which nobody wants to see. Of a single one it would cut a corner. */
const TOLERANCE = 0.75;

/**
 * What stands out of a picture, tight around it, in pixels of the picture: `tightRegions` of its map, laid over the picture. The
 * highest peak first.
 *
 * @throws DataSetError when the map's data or the ignore mask are not of the map's size
 */
export function pictureRegions(
  map: ScalarMap,
  threshold: number,
  { picture = map, minArea = 1, ...options }: PictureRegionsOptions = {},
): PlacedRegion[] {
  const place = new Placement(map, picture);
  const { labels, parts } = tightRegions(map, threshold, {
    ...options,
    // As areas are told: rounded, and never nothing.
    minArea: minArea <= 1 ? 0 : (minArea - 0.5) / place.pixels,
  });
  return parts.map((part) => {
    const box = place.box(part.box);
    return {
      box,
      area: Math.max(1, Math.round(part.area * place.pixels)),
      polygon: place.polygon(cornersOf(map, labels, part), part.box, box),
      peak: { ...place.pixel(part.peak), value: part.peak.value },
    };
  });
}

function cornersOf(
  { width, height }: ScalarMap,
  labels: Int32Array,
  { label, box, area }: MapRegion & { label: number },
): [number, number][] {
  let first = box.y * width + box.x;
  while (labels[first] !== label) first++;
  const inside = (x: number, y: number): boolean =>
    x >= 0 && y >= 0 && x < width && y < height && labels[y * width + x] === label;
  return simplifyOutline(outlineOf(inside, [first % width, box.y]), area > 1 ? TOLERANCE : 0, MOST_CORNERS);
}

/** How a map lies over a picture. */
class Placement {
  /** Pixels of the picture for one of the map. */
  readonly pixels: number;
  readonly #x: number;
  readonly #y: number;
  readonly #picture: { width: number; height: number };

  constructor(map: { width: number; height: number }, picture: { width: number; height: number }) {
    this.#picture = picture;
    this.#x = picture.width / map.width;
    this.#y = picture.height / map.height;
    this.pixels = this.#x * this.#y;
  }

  box({ x, y, width, height }: Box): Box {
    const [left, top] = [whole(Math.floor, x * this.#x), whole(Math.floor, y * this.#y)];
    return {
      x: left,
      y: top,
      width: Math.min(this.#picture.width, whole(Math.ceil, (x + width) * this.#x)) - left,
      height: Math.min(this.#picture.height, whole(Math.ceil, (y + height) * this.#y)) - top,
    };
  }

  /** The pixel of the picture under the middle of a pixel of the map. */
  pixel({ x, y }: { x: number; y: number }): { x: number; y: number } {
    return { x: Math.floor((x + 0.5) * this.#x), y: Math.floor((y + 0.5) * this.#y) };
  }

  /**
   * Where a picture is so much smaller than its map that nothing is left between the corners, they are those of the box.
   *
   * @param from The box of the corners, in pixels of the map
   * @param to The same box as it is told
   */
  polygon(corners: readonly [number, number][], from: Box, to: Box): [number, number][] {
    const [right, bottom] = [to.x + to.width, to.y + to.height];
    // The outermost corners stay those of the box, also where it was rounded outward.
    const along = (at: number, steps: number, scaled: number, first: number, last: number): number =>
      at === 0 ? first : at === steps ? last : Math.min(last, Math.max(first, Math.round(scaled)));
    const placed = corners.map(([x, y]): [number, number] => [
      along(x - from.x, from.width, x * this.#x, to.x, right),
      along(y - from.y, from.height, y * this.#y, to.y, bottom),
    ]);
    const apart = placed.filter(([x, y], i) => {
      const [beforeX, beforeY] = placed.at(i - 1) as [number, number];
      return x !== beforeX || y !== beforeY;
    });
    if (apart.length >= 3 && surface(apart) > 0) return apart;
    return [
      [to.x, to.y],
      [right, to.y],
      [right, bottom],
      [to.x, bottom],
    ];
  }
}

/** Twice the area of a polygon (Gauss). */
function surface(corners: readonly [number, number][]): number {
  return Math.abs(
    corners.reduce((sum, [x, y], i) => {
      const [beforeX, beforeY] = corners.at(i - 1) as [number, number];
      return sum + beforeX * y - x * beforeY;
    }, 0),
  );
}

/** Products of a pixel and a scale miss whole numbers by the last bits. */
const whole = (round: (value: number) => number, value: number): number => {
  const nearest = Math.round(value);
  return Math.abs(value - nearest) < 1e-6 ? nearest : round(value);
};
