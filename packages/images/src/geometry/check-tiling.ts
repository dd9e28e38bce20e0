import { ConfigurationError } from '@cflow/spec';

type Pair = readonly [down: number, across: number];

/**
 * Whether the maps of tiles can be put together to those of a canvas.
 *
 * @param strides pixels that one place stands for, of each map
 * @throws ConfigurationError that says what would do
 */
export function checkTiling(canvas: Pair, tile: Pair, strides: readonly Pair[]): void {
  for (const axis of [0, 1] as const) {
    const [size, length] = [canvas[axis], tile[axis]];
    const own = strides.map((stride) => stride[axis]);
    const step = Math.max(...own);
    if (!own.every((stride) => Number.isInteger(stride) && step % stride === 0)) {
      throw new ConfigurationError(
        `maps of a tile have a place for every ${own.join(', ')} pixels, so that they cannot be put together: expected whole numbers ` +
          'that divide the largest of them; choose a size of tiles that the network halves evenly, such as 256',
        { details: { strides: own } },
      );
    }
    if (length > size || size % step !== 0 || length % step !== 0) {
      const least = Math.max(length, Math.round(size / step) * step);
      throw new ConfigurationError(
        `tiles of ${tile.join(' x ')} do not cover an input of ${canvas.join(' x ')}: expected at least a tile, and multiples of ` +
          `${step} ${axis === 0 ? 'down' : 'across'}, got ${size}; ${least} would do`,
        { details: { inputSize: canvas, tileSize: tile } },
      );
    }
  }
}
