import { type Canvas, checkTiling, type Tile, type TileSpan, type Tiling, tilingOf } from '@cflow/images';
import { float32, type Tensor, uint8 } from '@cflow/onnx/tensor';
import type { Session } from '@cflow/runtime';
import type { BundleLayer } from '@cflow/spec';

/** A layer of which a canvas gives so large a map. */
type MapSize = Pick<BundleLayer, 'name' | 'height' | 'width'>;

/** What decides whether a network sees a picture in tiles, and in which. */
export interface TiledInput extends Canvas {
  /** [height, width] in pixels; there where the geometry is `tiles`. */
  tileSize?: readonly [number, number] | undefined;
}

/** What tells one opened backbone from another: its files, and the tiles that it is given. */
export function backboneKey({
  backbone,
  configuration: { geometry, tileSize, inputSize },
}: {
  backbone: { sha256: string };
  configuration: TiledInput;
}): string {
  return geometry === 'tiles' ? `${backbone.sha256}/${inputSize}/${tileSize}` : backbone.sha256;
}

/** [height, width] in pixels of what a network sees at once: a whole picture, or a tile. */
export function seenSize({ geometry, tileSize, inputSize }: TiledInput): readonly [number, number] {
  return geometry === 'tiles' && tileSize ? tileSize : inputSize;
}

/** The layers with the size of the maps of what a network sees at once. */
export function seenLayers<Layer extends MapSize>(input: TiledInput, layers: readonly Layer[]): Layer[] {
  const [height, width] = seenSize(input);
  const [rows, columns] = input.inputSize;
  return layers.map((layer) => ({
    ...layer,
    height: (layer.height * height) / rows,
    width: (layer.width * width) / columns,
  }));
}

/**
 * Checks that an input can be looked at in tiles, where it is to be.
 * @throws ConfigurationError where tiles do not cover the input, or their maps cannot be put together
 */
export function checkTiles(input: TiledInput, layers: readonly MapSize[]): void {
  const [rows, columns] = input.inputSize;
  const tile = seenSize(input);
  if (tile === input.inputSize) return;
  checkTiling(
    input.inputSize,
    tile,
    layers.map(({ height, width }) => [rows / height, columns / width]),
  );
}

/** The layers of a whole picture, of layers of what a network sees at once. */
export function wholeLayers<Layer extends MapSize>(input: TiledInput, layers: readonly Layer[]): Layer[] {
  const [height, width] = seenSize(input);
  const [rows, columns] = input.inputSize;
  return layers.map((layer) => ({
    ...layer,
    height: (layer.height * rows) / height,
    width: (layer.width * columns) / width,
  }));
}

/**
 * The tiles of a detector; undefined where pictures are seen as a whole.
 * @param layers with the size of the maps of a whole canvas
 */
export function detectorTiling(input: TiledInput, layers: readonly MapSize[]): Tiling | undefined {
  const tile = seenSize(input);
  if (tile === input.inputSize) return undefined;
  const [rows, columns] = input.inputSize;
  const grain = [
    Math.max(...layers.map(({ height }) => rows / height)),
    Math.max(...layers.map(({ width }) => columns / width)),
  ] as const;
  return tilingOf(input.inputSize, tile, grain);
}

/** Tiles that go through the network at once: a processor is as fast with one, see `Scorer`. */
const TILES_AT_ONCE = 8;

/**
 * A backbone that takes whole canvases, and gives the features of their tiles put together: of each tile what is kept of
 * it. To everything behind it, it is a network with a larger input, and the memory that it takes is that of a few tiles.
 *
 * Its outputs are told as those of the network, of a tile.
 *
 * @param session takes tiles, and gives maps [batch, C, h, w] or rows [batch, h · w, C]
 * @param layers its outputs, with the size of the maps of a whole canvas
 */
export function tiledSession(session: Session, tiling: Tiling, layers: readonly MapSize[]): Session {
  const sizes = new Map(layers.map((layer) => [layer.name, layer]));
  const atOnce = session.device === 'cpu' || session.device === 'wasm' ? 1 : TILES_AT_ONCE;
  return {
    device: session.device,
    inputs: session.inputs.map((info) => ({ ...info, dims: [...info.dims.slice(0, -2), ...tiling.canvas] })),
    outputs: session.outputs,
    async run({ image }, options) {
      const { dims, data } = image as Tensor;
      const images = dims[0]!;
      const stitched: Record<string, Tensor> = {};
      const work = Array.from({ length: images }, (_, index) =>
        tiling.tiles.map((tile) => ({ index, tile })),
      ).flat();
      for (let first = 0; first < work.length; first += atOnce) {
        const batch = work.slice(first, first + atOnce);
        const tiles = cutTiles(data as Uint8Array, batch, tiling, Math.min(atOnce, work.length));
        const found = await session.run({ image: tiles }, { ...options, consumeFeeds: true });
        for (const [name, features] of Object.entries(found)) {
          const size = sizes.get(name) as MapSize;
          stitched[name] ??= emptyMap(features, images, size);
          for (const [i, { index, tile }] of batch.entries())
            putTile(features, i, stitched[name], index, tile, tiling, size);
        }
      }
      return stitched;
    },
    dispose: () => session.dispose(),
  };
}

/** Tiles of canvases, uint8 [count, 3, height, width]; what is beyond the batch is black. */
function cutTiles(
  canvases: Uint8Array,
  batch: readonly { index: number; tile: Tile }[],
  { canvas: [rows, columns], tile: [height, width] }: Tiling,
  count: number,
): Tensor {
  const data = new Uint8Array(3 * count * height * width);
  let to = 0;
  for (const { index, tile } of batch) {
    for (let channel = 0; channel < 3; channel++) {
      for (let y = 0; y < height; y++, to += width) {
        const from = ((3 * index + channel) * rows + tile.rows.start + y) * columns + tile.columns.start;
        data.set(canvases.subarray(from, from + width), to);
      }
    }
  }
  return uint8([count, 3, height, width], data);
}

function emptyMap({ dims }: Tensor, images: number, { height, width }: MapSize): Tensor {
  const whole = dims.length === 3 ? [images, height * width, dims[2]!] : [images, dims[1]!, height, width];
  return float32(whole, new Float32Array(whole.reduce((product, each) => product * each, 1)));
}

/** Copies what is kept of a tile's features to their place. Rows are maps with one channel of C values each. */
function putTile(
  features: Tensor,
  at: number,
  whole: Tensor,
  index: number,
  tile: Tile,
  tiling: Tiling,
  { height, width }: MapSize,
): void {
  const rows = features.dims.length === 3;
  const planes = rows ? 1 : features.dims[1]!;
  const values = rows ? features.dims[2]! : 1;
  const down = kept(tile.rows, tiling.canvas[0] / height);
  const across = kept(tile.columns, tiling.canvas[1] / width);
  const tileWidth = tiling.tile[1] / (tiling.canvas[1] / width);
  const tileHeight = tiling.tile[0] / (tiling.canvas[0] / height);
  const from = features.data as Float32Array;
  const to = whole.data as Float32Array;
  const length = (across.to - across.from) * values;
  for (let plane = 0; plane < planes; plane++) {
    for (let y = down.from; y < down.to; y++) {
      const source =
        (((at * planes + plane) * tileHeight + y - down.start) * tileWidth + across.from - across.start) *
        values;
      const target = (((index * planes + plane) * height + y) * width + across.from) * values;
      to.set(from.subarray(source, source + length), target);
    }
  }
}

/** A span in places of a map. */
const kept = ({ start, keptFrom, keptTo }: TileSpan, stride: number) => ({
  start: start / stride,
  from: keptFrom / stride,
  to: keptTo / stride,
});
