import { op, type Value } from '@cflow/onnx';

/** How the tokens of a transformer lie on the image. */
export interface TokenGrid {
  /** Tokens before those of patches: for the class, and registers. */
  leading: number;
  height: number;
  width: number;
}

/** A class token, one for distillation, and registers: more than any vision transformer in use has. */
const MOST_LEADING = 16;

/**
 * The grid that a number of tokens is for: one token per patch of p x p pixels, p a divisor of both sides, row by row, behind at
 * most 16 others. Of several grids that fit the finest is it: the next coarser one has a quarter of its tokens at most, so that
 * it fits only where there are few.
 *
 * @returns undefined where no grid fits
 */
export function tokenGrid(
  tokens: number,
  [imageHeight, imageWidth]: readonly [number, number],
): TokenGrid | undefined {
  for (let patch = 1; patch <= Math.min(imageHeight, imageWidth); patch++) {
    if (imageHeight % patch !== 0 || imageWidth % patch !== 0) continue;
    const [height, width] = [imageHeight / patch, imageWidth / patch];
    const leading = tokens - height * width;
    if (leading >= 0) return leading <= MOST_LEADING ? { leading, height, width } : undefined;
  }
  return undefined;
}

/** Tokens [batch, leading + h · w, C] as a map [batch, C, h, w], the leading ones left out. */
export function tokensAsMap(tokens: Value, { leading, height, width }: TokenGrid): Value {
  const [batch, count, channels] = tokens.shape as [string, number, number];
  const patches = leading === 0 ? tokens : op.Slice(tokens, 1, leading, count);
  return op.Reshape(op.Transpose(patches, [0, 2, 1]), [batch, channels, height, width]);
}
