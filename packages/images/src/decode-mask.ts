import type { Mask } from '@cflow/spec';
import { decodeRaster, type Raster } from './decode-raster.js';
import type { ImageSource } from './image-error.js';
import type { ImageLimits } from './image-limits.js';
import { maskOf } from './masks/mask-of.js';

/**
 * Decodes a mask image: 1 where a pixel has any color channel above zero, at whatever depth, so that masks of
 * 0 and 255, of 0 and 1, and of numbered defects all count; else 0. Where the colors are the same everywhere, alpha above
 * zero counts. The EXIF orientation is applied. A JPEG counts from half of full scale, or of its brightest pixel, see `maskOf`.
 *
 * @param source A path, or the bytes of the file.
 * @throws ImageError as `decodeImage`.
 */
export async function decodeMask(source: ImageSource, limits?: ImageLimits): Promise<Mask> {
  const raster = await decodeRaster(source, limits, true);
  return maskOf(raster, valuesOf(raster), raster.format, raster.alpha && bytesOf(raster.alpha));
}

/** The largest channel of each pixel. */
function valuesOf({ width, height, space, data: samples }: Raster): Uint8Array {
  const values = new Uint8Array(width * height);
  const channels = samples.length / values.length;
  // Rounding would make black of the lowest values of 16 bits, which count as well.
  const wide = samples instanceof Uint16Array;
  for (let i = 0, at = 0; i < values.length; i++, at += channels) {
    const value = valueAt(samples, at, space, wide ? 0xffff : 0xff);
    values[i] = wide ? (value > 0 ? 255 : 0) : value;
  }
  return values;
}

function valueAt(
  samples: Uint8Array | Uint16Array,
  at: number,
  space: Raster['space'],
  full: number,
): number {
  if (space === 'gray') return samples[at]!;
  if (space === 'rgb') return Math.max(samples[at]!, samples[at + 1]!, samples[at + 2]!);
  // Ink: light passes where neither black nor one of the colors is full.
  const ink = Math.min(samples[at]!, samples[at + 1]!, samples[at + 2]!);
  return Math.max(0, full - samples[at + 3]! - ink);
}

function bytesOf(samples: Uint8Array | Uint16Array): Uint8Array {
  return samples instanceof Uint16Array
    ? Uint8Array.from(samples, (value) => (value > 0 ? 255 : 0))
    : samples;
}
