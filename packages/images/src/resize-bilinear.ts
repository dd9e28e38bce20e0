import { ImageError, type RgbImage, releaseBuffer } from '@cflow/spec';
import { checkRgbImage, checkSize } from './check-image.js';
import { toPlanar } from './planar.js';
import { resampleHorizontally, resampleVertically } from './resample-passes.js';
import { integerTriangleFilter } from './triangle-filter.js';

/**
 * Antialiased bilinear resampling: along the rows first, then along the columns, 8 bits in between, integer
 * weights, hence the same bytes in every engine and on every machine.
 *
 * Equal bit for bit to `Image.resize((width, height), BILINEAR)` of an RGB image in Pillow up to 12. Pillow 13
 * takes the columns first where the height shrinks more than the width; there its pixels differ by one gray level
 * at most. The order is fixed here, so that an image's pixels do not depend on a rule of thumb about speed.
 *
 * @throws ImageError when a size is not a positive whole number or the pixels do not fill the image.
 */
export function resizeBilinear(image: RgbImage, width: number, height: number): RgbImage {
  checkRgbImage(image);
  checkSize(width, height, 'the size to resample to');
  const wide = resampleWidth(image, width);
  if (wide.height === height) return wide === image ? { ...image, data: image.data.slice() } : wide;
  const data = new Uint8Array(width * height * 3);
  const filter = integerTriangleFilter(wide.height, height);
  resampleVertically(wide, filter, { data, offset: 0, pixelStep: 3, channelStep: 1 });
  if (wide !== image) releaseBuffer(wide.data.buffer);
  return { width, height, data };
}

/**
 * `resizeBilinear` and `toPlanar` in one: the pixels of `resizeBilinear(image, width, height)` as three planes,
 * uint8 `[3, height, width]`, which is one image of a graph's NCHW input. The last pass writes the planes.
 *
 * @param out Where to write, from `offset` on; a new array when left out.
 * @throws ImageError as `resizeBilinear`, and when `out` has no room for `3 * height * width` bytes from `offset`.
 */
export function resizeToPlanar(
  image: RgbImage,
  width: number,
  height: number,
  out?: Uint8Array,
  offset = 0,
): Uint8Array {
  checkRgbImage(image);
  checkSize(width, height, 'the size to resample to');
  const plane = width * height;
  const data = out ?? new Uint8Array(offset + plane * 3);
  if (offset < 0 || offset + plane * 3 > data.length) {
    throw new ImageError(
      `${width}x${height} pixels need ${plane * 3} bytes from offset ${offset}, the output has ${data.length}`,
      { details: { needed: plane * 3, offset, length: data.length } },
    );
  }
  const target = { data, offset, pixelStep: 1, channelStep: plane };
  if (image.height !== height) {
    const filter = integerTriangleFilter(image.height, height);
    const wide = resampleWidth(image, width);
    resampleVertically(wide, filter, target);
    if (wide !== image) releaseBuffer(wide.data.buffer);
  } else if (image.width !== width) {
    resampleHorizontally(image, integerTriangleFilter(image.width, width), target);
  } else {
    toPlanar(image, data, offset);
  }
  return data;
}

function resampleWidth(image: RgbImage, width: number): RgbImage {
  if (image.width === width) return image;
  checkSize(width, image.height, 'the size between the two passes of resampling');
  const data = new Uint8Array(width * image.height * 3);
  const filter = integerTriangleFilter(image.width, width);
  resampleHorizontally(image, filter, { data, offset: 0, pixelStep: 3, channelStep: 1 });
  return { width, height: image.height, data };
}
