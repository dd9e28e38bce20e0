import type { DrawnRegions } from '@cflow/spec';

/**
 * Outlines as pixels [height, width], 255 within and 0 elsewhere: a pixel is in where its center lies inside of an odd number of
 * the edges of an outline (even-odd rule).
 *
 * @param size Of what the pixels are for; outlines that were drawn on another size are scaled to it.
 */
export function outlinePixels(
  { width, height, outlines }: DrawnRegions,
  size: { width: number; height: number } = { width, height },
): Uint8Array {
  return pixelRows(scaled(outlines, { width, height }, size), size, 0, size.height);
}

/** Bytes of a mask that are made at a time, if a row is not longer. */
const PIECE = 2 ** 18;

/** The same as the file of a mask, a binary graymap (PGM), in pieces: all of it is as large as a decoded picture. */
export function* outlineMask(
  regions: DrawnRegions,
  size: { width: number; height: number } = regions,
): Generator<Uint8Array, void, undefined> {
  yield new TextEncoder().encode(`P5\n${size.width} ${size.height}\n255\n`);
  const outlines = scaled(regions.outlines, regions, size);
  const rows = Math.max(1, Math.floor(PIECE / size.width));
  for (let first = 0; first < size.height; first += rows) {
    yield pixelRows(outlines, size, first, Math.min(first + rows, size.height));
  }
}

type Outline = readonly (readonly [number, number])[];

function scaled(
  outlines: readonly Outline[],
  from: { width: number; height: number },
  to: { width: number; height: number },
): Outline[] {
  const [sx, sy] = [to.width / from.width, to.height / from.height];
  return outlines.map((outline) => outline.map(([x, y]) => [x * sx, y * sy]));
}

/** Pixels of the rows from `first` to before `end`. */
function pixelRows(
  outlines: readonly Outline[],
  { width }: { width: number },
  first: number,
  end: number,
): Uint8Array {
  const pixels = new Uint8Array(width * (end - first));
  for (const outline of outlines) fill(pixels, width, outline, first, end);
  return pixels;
}

function fill(pixels: Uint8Array, width: number, corners: Outline, first: number, end: number): void {
  const rows = corners.map(([, y]) => y);
  const top = Math.max(first, Math.floor(Math.min(...rows)));
  const bottom = Math.min(end - 1, Math.ceil(Math.max(...rows)));
  for (let y = top; y <= bottom; y++) {
    const crossings = crossingsAt(corners, y + 0.5);
    const row = (y - first) * width;
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      const from = Math.max(0, Math.ceil(crossings[i]! - 0.5));
      const to = Math.min(width, Math.ceil(crossings[i + 1]! - 0.5));
      if (to > from) pixels.fill(255, row + from, row + to);
    }
  }
}

/** Where a row is crossed by the edges, from left to right. */
function crossingsAt(corners: Outline, y: number): number[] {
  const found: number[] = [];
  corners.forEach(([x0, y0], i) => {
    const [x1, y1] = corners[(i + 1) % corners.length] as readonly [number, number];
    if (y0 <= y === y1 <= y) return;
    found.push(x0 + ((y - y0) / (y1 - y0)) * (x1 - x0));
  });
  return found.sort((a, b) => a - b);
}
