import type { Mask } from '@cflow/spec';
import { type DecodePortableOptions, decodeFile } from './decode-image-portable.js';

/**
 * Decodes a mask with nothing of Node, to the mask that Node's `decodeMask` gives: 1 where a pixel has any colour channel
 * above zero, at whatever depth; in a JPEG from half of full scale; else 0.
 *
 * @throws ImageError as `decodeImagePortable`
 */
export async function decodeMaskPortable(
  bytes: Uint8Array,
  options: DecodePortableOptions = {},
): Promise<Mask> {
  // Rounding would make black of the lowest values of 16 bits, which count as well.
  const { format, image } = await decodeFile(bytes, options, (high, low) => ((high | low) === 0 ? 0 : 255));
  const { width, height, data: samples } = image;
  const least = format === 'jpeg' ? 128 : 1;
  const data = new Uint8Array(width * height);
  for (let i = 0, at = 0; i < data.length; i++, at += 3) {
    data[i] = samples[at]! >= least || samples[at + 1]! >= least || samples[at + 2]! >= least ? 1 : 0;
  }
  return { width, height, data };
}
