/** Bounds of what is decoded. */
export interface ImageLimits {
  /** The most pixels, as declared by the header, before anything is decoded. Default 2^26, 64 megapixels. */
  pixels?: number;
  /** The most bytes of a file. Default 2^28, 256 MiB. */
  bytes?: number;
}

/** Limits where none are given. */
export const DEFAULT_IMAGE_LIMITS: Required<ImageLimits> = { pixels: 2 ** 26, bytes: 2 ** 28 };
