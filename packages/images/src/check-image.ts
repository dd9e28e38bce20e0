import { ImageError, type RgbImage } from '@cflow/spec';

/** Pixels of the largest image that resampling will make: 2^28, 805 MB of RGB. */
const LARGEST_OUTPUT = 2 ** 28;

/** Throws an ImageError unless `width` and `height` are whole, positive and small enough to allocate. */
export function checkSize(width: number, height: number, what: string): void {
  const whole = Number.isSafeInteger(width) && Number.isSafeInteger(height) && width > 0 && height > 0;
  if (whole && width * height <= LARGEST_OUTPUT) return;
  throw new ImageError(
    `${what} must be a whole number of pixels in both directions and at most ${LARGEST_OUTPUT} in all, got ${width}x${height}`,
    { details: { width, height, limit: LARGEST_OUTPUT } },
  );
}

/** Throws an ImageError unless the pixels fill the size that is stated, `channels` values to a pixel. */
export function checkPixels(
  image: { width: number; height: number; data: { length: number } },
  channels: number,
): void {
  checkSize(image.width, image.height, 'the size of an image');
  const expected = image.width * image.height * channels;
  if (image.data.length === expected) return;
  throw new ImageError(
    `an image of ${image.width}x${image.height} needs ${expected} values (${channels} to a pixel), got ${image.data.length}`,
    { details: { width: image.width, height: image.height, expected, found: image.data.length } },
  );
}

/** Throws an ImageError unless `image` is whole: positive size and three bytes to a pixel. */
export function checkRgbImage(image: RgbImage): void {
  checkPixels(image, 3);
}
