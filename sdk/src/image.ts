/** A decoded image: 8-bit RGB, row-major, interleaved. */
export interface RgbImage {
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** `height * width * 3` bytes: R, G, B of the first pixel, then the next one to the right. */
  readonly data: Uint8Array;
}

/** A decoded image with alpha, as a canvas gives it: an `ImageData`, described by its shape. */
export interface RgbaPixels {
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** `height * width * 4` bytes: R, G, B, A of the first pixel, then the next one to the right. */
  readonly data: Uint8ClampedArray;
}
