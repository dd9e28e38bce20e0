import { ImageError, type RgbImage } from '@cflow/spec';
import { checkRgbImage } from './check-image.js';

/**
 * Interleaved RGB as three planes: uint8 `[3, height, width]`, one image of a graph's NCHW input.
 *
 * @param out Where to write, from `offset` on; a new array when left out.
 * @throws ImageError when `out` has no room for `3 * height * width` bytes from `offset`.
 */
export function toPlanar(image: RgbImage, out?: Uint8Array, offset = 0): Uint8Array {
  checkRgbImage(image);
  const plane = image.width * image.height;
  const planes = out ?? new Uint8Array(offset + plane * 3);
  if (offset < 0 || offset + plane * 3 > planes.length) {
    throw new ImageError(
      `${image.width}x${image.height} pixels need ${plane * 3} bytes from offset ${offset}, the output has ${planes.length}`,
      { details: { needed: plane * 3, offset, length: planes.length } },
    );
  }
  const { data } = image;
  for (let i = 0, from = 0; i < plane; i++, from += 3) {
    planes[offset + i] = data[from]!;
    planes[offset + plane + i] = data[from + 1]!;
    planes[offset + 2 * plane + i] = data[from + 2]!;
  }
  return planes;
}
