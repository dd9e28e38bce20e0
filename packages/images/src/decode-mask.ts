import type { Mask } from '@cflow/spec';
import { decodeRaster } from './decode-raster.js';
import type { ImageSource } from './image-error.js';
import type { ImageLimits } from './image-limits.js';

/**
 * Decodes a mask image: 1 where a pixel has any colour channel above zero, at whatever depth, so that masks of
 * 0 and 255, of 0 and 1, and of numbered defects all count; else 0. Alpha is not looked at, the EXIF orientation
 * is applied. A JPEG, whose zeros are only nearly zero, counts from half of full scale.
 *
 * @param source A path, or the bytes of the file.
 * @throws ImageError as `decodeImage`.
 */
export async function decodeMask(source: ImageSource, limits?: ImageLimits): Promise<Mask> {
  const { format, width, height, space, data: samples } = await decodeRaster(source, limits);
  const least = format === 'jpeg' ? 128 : 1;
  const data = new Uint8Array(width * height);
  const channels = samples.length / data.length;
  for (let i = 0, at = 0; i < data.length; i++, at += channels) {
    data[i] = isInside(samples, at, space, least) ? 1 : 0;
  }
  return { width, height, data };
}

function isInside(
  samples: Uint8Array | Uint16Array,
  at: number,
  space: 'grey' | 'rgb' | 'cmyk',
  least: number,
): boolean {
  if (space === 'grey') return samples[at]! >= least;
  if (space === 'rgb') return samples[at]! >= least || samples[at + 1]! >= least || samples[at + 2]! >= least;
  // Ink: light passes where neither black nor one of the colours is full.
  const full = samples instanceof Uint16Array ? 0xffff : 0xff;
  const ink = Math.min(samples[at]!, samples[at + 1]!, samples[at + 2]!);
  return full - samples[at + 3]! - ink >= least;
}
