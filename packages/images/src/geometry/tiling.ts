/** How a canvas is cut into tiles, and what is kept of each. */
export interface Tiling {
  /** [height, width] of the canvas in pixels. */
  canvas: readonly [number, number];
  /** [height, width] of a tile in pixels. */
  tile: readonly [number, number];
  /** One tile after another, row by row. */
  tiles: readonly Tile[];
}

/** In pixels of the canvas. */
export interface Tile {
  rows: TileSpan;
  columns: TileSpan;
}

/** Where a tile begins along one axis, and the part of the canvas that it is believed about. */
export interface TileSpan {
  start: number;
  keptFrom: number;
  keptTo: number;
}

/** Share of a tile that its neighbor sees as well, at least: a network knows less of what lies at an edge. */
const OVERLAP = 0.25;

/**
 * A grid of tiles that covers a canvas, as few as overlap by a quarter, evenly spaced. Of the overlap each of two neighbors
 * keeps the half that is farther from its edge. All places are multiples of `grain`, so that maps can be put together
 * without resampling.
 *
 * @param grain pixels between places of the coarsest map, [down, across]; see `checkTiling`
 */
export function tilingOf(
  canvas: readonly [number, number],
  tile: readonly [number, number],
  grain: readonly [number, number],
): Tiling {
  const [down, across] = [0, 1].map((axis) => spans(canvas[axis]!, tile[axis]!, grain[axis]!)) as [
    TileSpan[],
    TileSpan[],
  ];
  const tiles = down.flatMap((rows) => across.map((columns): Tile => ({ rows, columns })));
  return { canvas, tile, tiles };
}

function spans(size: number, length: number, step: number): TileSpan[] {
  const most = Math.max(step, Math.floor((length * (1 - OVERLAP)) / step) * step);
  const count = 1 + Math.ceil((size - length) / most);
  const starts = Array.from({ length: count }, (_, i) =>
    count === 1 ? 0 : step * Math.round((i * (size - length)) / step / (count - 1)),
  );
  const borders = starts
    .slice(1)
    .map((start, i) => step * Math.floor((starts[i]! + length + start) / 2 / step));
  return starts.map((start, i) => ({
    start,
    keptFrom: borders[i - 1] ?? 0,
    keptTo: borders[i] ?? size,
  }));
}
