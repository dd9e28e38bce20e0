import type { PictureRegion } from './picture-region.js';

/** A decoded image: 8-bit RGB, row-major, interleaved. */
export interface RgbImage {
  /** Pixels. */
  width: number;
  /** Pixels. */
  height: number;
  /** `height * width * 3` bytes: R, G, B of the first pixel, then the next one to the right. */
  data: Uint8Array;
  /** What had to be done to the samples of its file that they do not say: clipped to a range, or taken at another depth; or that it is far too small. */
  warnings?: readonly string[];
  /** The part of it that counts, on the grid of the detector's input, where not all does. */
  region?: PictureRegion;
}

/** One value per pixel, row-major: an anomaly map. */
export interface ScalarMap {
  width: number;
  height: number;
  /** `height * width` values. */
  data: Float32Array;
}

/** A binary mask, row-major: 0 = outside, anything else = inside. */
export interface Mask {
  width: number;
  height: number;
  /** `height * width` bytes. */
  data: Uint8Array;
}
