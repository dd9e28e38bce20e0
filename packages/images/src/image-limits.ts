/** Bounds of what is decoded. */
export interface ImageLimits {
  /** The most pixels, as declared by the header, before anything is decoded. Default 2^26, 64 megapixels. */
  pixels?: number;
  /** The most bytes of a file. Default 2^28, 256 MiB. */
  bytes?: number;
  /**
   * Told how many bytes the pixels of an image will take, before they are taken; what it throws is thrown. For hosts that
   * decode several at once.
   */
  admit?: ((bytes: number) => void) | undefined;
}

/** Limits where none are given. */
export const DEFAULT_IMAGE_LIMITS: Required<Omit<ImageLimits, 'admit'>> = { pixels: 2 ** 26, bytes: 2 ** 28 };

/** What resampling can make, and so the largest image there is: 2^28 pixels. */
export const MOST_MEGAPIXELS = 268;
/** Of a pixel in the largest files that are read: four samples of 16 bits. */
const MOST_BYTES_PER_PIXEL = 8;

/** Limits by the pixels of the largest image, in millions, from 1 to `MOST_MEGAPIXELS`; undefined where the usual ones hold. */
export function megapixelLimits(
  megapixels: number | undefined,
): Required<Pick<ImageLimits, 'pixels' | 'bytes'>> | undefined {
  if (megapixels === undefined) return undefined;
  const pixels = Math.round(megapixels * 1e6);
  return { pixels, bytes: Math.max(DEFAULT_IMAGE_LIMITS.bytes, pixels * MOST_BYTES_PER_PIXEL) };
}

/**
 * Bytes that an image takes while it is made 8-bit RGB: its samples as they are stored, and once more where those are others.
 *
 * @param bytes Of one sample, 1 or 2
 */
export function decodedBytes(pixels: number, channels: number, bytes: number): number {
  const stored = channels * bytes;
  return pixels * (stored === 3 ? stored : stored + 3);
}
