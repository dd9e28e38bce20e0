import type { RgbImage } from '@cflow/spec';
import { checkRgbImage } from '../check-image.js';
import { writePng } from './write-png.js';

/** An 8-bit RGB PNG, by the host's own deflate. @throws ImageError for an image that is not whole. */
export async function encodePngPortable(image: RgbImage): Promise<Uint8Array> {
  checkRgbImage(image);
  const { width, height, data } = image;
  return writePng({ width, height, channels: 3, depth: 8, bytes: data });
}
