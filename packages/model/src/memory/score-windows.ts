import type { MemoryBank } from './memory-banks.js';

/** The parts of a picture that a score looks at one by one, on the grid of a bank. */
export interface ScoreWindows {
  count: number;
  /** Places of each. */
  size: number;
  /** [count · size], the places of one window after another, in row-major order of the grid. */
  places: Int32Array;
}

/**
 * Windows as large as a tile, as few as cover the grid, evenly spaced: neighbors overlap where they do not fit evenly. The
 * share of a picture's places that a defect takes falls with the size of the picture; its share of a window does not.
 *
 * @param imageSize [height, width] of the picture in pixels
 * @param tileSize [height, width] of a window in pixels
 * @param inside the places that count, where not all do: a window takes others from among its own, and one without any is
 * left out
 */
export function scoreWindows(
  { height, width }: Pick<MemoryBank, 'height' | 'width'>,
  imageSize: readonly [number, number],
  tileSize: readonly [number, number],
  inside?: Int32Array,
): ScoreWindows {
  const rows = spans(height, (height * tileSize[0]) / imageSize[0]);
  const columns = spans(width, (width * tileSize[1]) / imageSize[1]);
  const counted = inside && new Set(inside);
  const windows: number[][] = [];
  for (const [top, bottom] of rows) {
    for (const [left, right] of columns) {
      const places: number[] = [];
      for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) places.push(y * width + x);
      const kept = counted ? places.filter((place) => counted.has(place)) : places;
      if (kept.length > 0) windows.push(places.map((_, i) => kept[i % kept.length]!));
    }
  }
  return {
    count: windows.length,
    size: (windows[0] as number[]).length,
    places: Int32Array.from(windows.flat()),
  };
}

/** Intervals of one length that cover 0 to `size`, evenly spaced. */
function spans(size: number, length: number): [number, number][] {
  const own = Math.min(size, Math.max(1, Math.round(length)));
  const count = Math.ceil(size / own);
  return Array.from({ length: count }, (_, i) => {
    const start = count === 1 ? 0 : Math.round((i * (size - own)) / (count - 1));
    return [start, start + own];
  });
}

/** Places of a bank that are compared at once: those of a tile, so that a large picture takes no more memory than one. */
export function placesAtOnce(
  { height, width }: Pick<MemoryBank, 'height' | 'width'>,
  imageSize: readonly [number, number],
  tileSize: readonly [number, number] | undefined,
): number | undefined {
  if (!tileSize) return undefined;
  return Math.ceil(((height * tileSize[0]) / imageSize[0]) * ((width * tileSize[1]) / imageSize[1]));
}
