import { string } from '../attribute.js';
import { emitOne, expectRank, type Value } from '../graph.js';
import type { Dim } from '../shape.js';

/** How sample positions are laid: `align_corners` maps corner pixels onto corner pixels, `half_pixel` areas. */
export type CoordinateMode = 'align_corners' | 'half_pixel';

/** Bilinear interpolation of the last two axes of [N, C, H, W] to a known height and width. Not differentiable here. */
export function Resize(x: Value, height: number, width: number, mode: CoordinateMode): Value {
  expectRank('Resize', x, 4);
  const [n, c] = x.shape as [Dim, Dim];
  const sizes = [height, width];
  // Sizes of the last two axes only, so that the batch may stay unknown.
  const inputs = [x, undefined, undefined, x.graph.int64s(sizes)];
  const attributes = {
    mode: string('linear'),
    coordinate_transformation_mode: string(mode),
    axes: { kind: 'ints', value: [2, 3] } as const,
  };
  return emitOne('Resize', inputs, { type: x.type, shape: [n, c, height, width] }, attributes);
}
