import type { TileSpan, Tiling } from '@cflow/images';
import { Graph, op, type Value, writeModel } from '@cflow/onnx';
import type { BundleLayer } from '@cflow/spec';

/** What the backbone of a detector with tiles is fed. */
export const TILES = 'tiles';
/** Before the name of a layer: its map of a whole picture. */
export const WHOLE = 'whole.';

/**
 * What a model of a detector with tiles has around its backbone, which takes all tiles of all pictures as its batch: one that
 * cuts pictures, `image` uint8 [batch, 3, height, width], and one that puts the maps of tiles together.
 *
 * @param layers with the size of the maps of a whole picture
 */
export function tileGraphs(
  tiling: Tiling,
  layers: readonly BundleLayer[],
): { cut: Uint8Array; stitch: Uint8Array } {
  return { cut: writeModel(cutGraph(tiling)), stitch: writeModel(stitchGraph(tiling, layers)) };
}

function cutGraph({ canvas, tile: [height, width], tiles }: Tiling): Graph {
  const graph = new Graph('cut');
  const picture = graph.input('image', 'uint8', ['batch', 3, ...canvas]);
  const rows = new Map<number, Value>();
  const cut = tiles.map(({ rows: { start: top }, columns: { start: left } }) => {
    const row = rows.get(top) ?? op.Slice(picture, 2, top, top + height);
    rows.set(top, row);
    return op.Slice(row, 3, left, left + width);
  });
  graph.output(TILES, op.Concat(cut, 0));
  return graph;
}

function stitchGraph({ canvas, tile, tiles }: Tiling, layers: readonly BundleLayer[]): Graph {
  const graph = new Graph('stitch');
  for (const { name, channels, height, width } of layers) {
    const [down, across] = [canvas[0] / height, canvas[1] / width];
    const seen = [channels, tile[0] / down, tile[1] / across] as const;
    // The first tile of all pictures, then the second of all.
    const maps = op.Reshape(graph.input(name, 'float32', ['tiles', ...seen]), [
      tiles.length,
      'batch',
      ...seen,
    ]);
    const kept = (map: Value, axis: number, { start, keptFrom, keptTo }: TileSpan, stride: number): Value =>
      op.Slice(map, axis, (keptFrom - start) / stride, (keptTo - start) / stride);
    const rows = new Map<number, Value[]>();
    tiles.forEach((each, i) => {
      const part = kept(
        kept(op.Reshape(op.Slice(maps, 0, i, i + 1), ['batch', ...seen]), 2, each.rows, down),
        3,
        each.columns,
        across,
      );
      rows.set(each.rows.start, [...(rows.get(each.rows.start) ?? []), part]);
    });
    const joined = [...rows.values()].map((parts) => op.Concat(parts, 3));
    graph.output(WHOLE + name, op.Concat(joined, 2));
  }
  return graph;
}
