import { ImageError, type Mask, type PictureRegion } from '@cflow/spec';
import { type AxisFilter, integerTriangleFilter } from '../triangle-filter.js';

/**
 * The part of a picture that counts, on the grid of a detector's input: places that see nothing of what is left out, also
 * where they are resampled from several pixels.
 *
 * @param mask what counts is not 0
 * @throws ImageError when nothing counts, or everything does
 */
export function pictureRegion(mask: Mask, width: number, height: number): PictureRegion {
  const across = integerTriangleFilter(mask.width, width);
  const down = integerTriangleFilter(mask.height, height);
  const rows = new Uint8Array(mask.height * width);
  for (let y = 0; y < mask.height; y++) {
    for (let x = 0; x < width; x++) {
      rows[y * width + x] = sees(across, x, (from) => mask.data[y * mask.width + from] === 0) ? 0 : 1;
    }
  }
  const inside = new Uint8Array(height * width);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      inside[y * width + x] = sees(down, y, (from) => rows[from * width + x] === 0) ? 0 : 1;
    }
  }
  for (const [missing, what] of [
    [1, 'leaves nothing of the picture: paint what counts white'],
    [0, 'leaves out nothing: paint what does not count black, or leave the region out'],
  ] as const) {
    if (inside.includes(missing)) continue;
    throw new ImageError(`the region ${what}`, { details: { reason: 'unusable-mask' } });
  }
  return { width, height, runs: runsOf(inside).join(' ') };
}

/** Whether any of the pixels that an output is made of is such. */
function sees(
  { starts, counts, weights, stride }: AxisFilter<Int32Array>,
  output: number,
  isSuch: (pixel: number) => boolean,
): boolean {
  const start = starts[output]!;
  for (let t = 0; t < counts[output]!; t++) {
    if (weights[output * stride + t]! > 0 && isSuch(start + t)) return true;
  }
  return false;
}

/** Which places of the grid count: 1 inside, 0 outside; [height · width]. */
export function regionPlaces({ width, height, runs }: PictureRegion): Uint8Array {
  const inside = new Uint8Array(width * height);
  let at = 0;
  runs.split(' ').forEach((text, i) => {
    const end = at + Number(text);
    if (i & 1) inside.fill(1, at, end);
    at = end;
  });
  return inside;
}

/** Lengths of what is outside and inside in turn, row by row. */
function runsOf(inside: Uint8Array): number[] {
  const runs: number[] = [];
  let [value, start] = [0, 0];
  for (let i = 0; i <= inside.length; i++) {
    if (i < inside.length && inside[i] === value) continue;
    runs.push(i - start);
    value ^= 1;
    start = i;
  }
  return runs;
}
