import type { RgbImage } from '@cflow/spec';
import { type AnyRaster, decodeSamples } from './decode-raster.js';
import type { ImageSource } from './image-error.js';
import type { ImageLimits } from './image-limits.js';
import { type RangeOptions, rangeWarnings, SampleScale } from './sample-scale.js';

/** Bounds of what is decoded, and how its samples become bytes. */
export interface DecodeImageOptions extends ImageLimits, RangeOptions {}

/**
 * Decodes an image file to 8-bit RGB: PNG, JPEG, WebP, TIFF, GIF, AVIF and BMP, by content, whatever the name.
 *
 * The pixels are those of Pillow's `Image.open(...).convert("RGB")`, bit for bit except in AVIF: alpha is dropped,
 * not blended; color profiles are not applied; CMYK is `255 - k - c * (255 - k) / 255`. Different on purpose:
 * the EXIF orientation is applied, and 16-bit samples are scaled, `round(value / 257)`, where Pillow cuts or clips.
 * Of an animation or a file of many pages, the first.
 *
 * With a range, samples of 16 bits and of floating point are scaled from it, `round(255 * (value - low) / (high - low))`,
 * clipped; those of 8 bits stay as they are. What does not fit is in the image's `warnings`, or an error.
 *
 * @param source A path, or the bytes of the file.
 * @throws ImageError naming the file when it is missing, no file, not permitted, empty, not an image, not
 * supported, truncated or damaged, or beyond the limits (its header is read first, so that a decompression bomb
 * is refused before it is decoded). `details.reason` is an `ImageFailure`.
 */
export async function decodeImage(source: ImageSource, options: DecodeImageOptions = {}): Promise<RgbImage> {
  const { range, outOfRange, ...limits } = options;
  const raster = await decodeSamples(source, limits, { ranged: range !== undefined });
  const scale = new SampleScale(range);
  const samples = raster.data instanceof Uint8Array ? raster.data : scale.bytesOf(raster.data);
  const warnings = rangeWarnings(source, scale, { range, outOfRange });
  return { width: raster.width, height: raster.height, data: toRgb(raster, samples), ...warnings };
}

function toRgb(raster: Pick<AnyRaster, 'width' | 'height' | 'space'>, samples: Uint8Array): Uint8Array {
  if (raster.space === 'rgb') return samples;
  const pixels = raster.width * raster.height;
  const data = new Uint8Array(pixels * 3);
  if (raster.space === 'gray') {
    for (let i = 0, at = 0; i < pixels; i++, at += 3) {
      const value = samples[i]!;
      data[at] = value;
      data[at + 1] = value;
      data[at + 2] = value;
    }
    return data;
  }
  for (let i = 0, at = 0; i < pixels; i++, at += 3) {
    const light = 255 - samples[i * 4 + 3]!;
    for (let channel = 0; channel < 3; channel++) {
      data[at + channel] = Math.max(0, light - multiplied(samples[i * 4 + channel]!, light));
    }
  }
  return data;
}

/** `round(a * b / 255)` for bytes, in integers. */
function multiplied(a: number, b: number): number {
  const product = a * b + 128;
  return (product + (product >> 8)) >> 8;
}
