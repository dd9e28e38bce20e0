import type { Mask, RgbImage } from '@cflow/spec';
import { isConstant, maskOf } from '../masks/mask-of.js';
import { type DecodeFileOptions, type DecodePortableOptions, decodeFile } from './decode-file.js';
import { decodePlain } from './decode-plain.js';

/**
 * Decodes a mask with nothing of Node, to the mask that Node's `decodeMask` gives, see `maskOf`. Alpha is looked at in PNG.
 *
 * @throws ImageError as `decodeImagePortable`
 */
export const decodeMaskPortable = (bytes: Uint8Array, options: DecodePortableOptions = {}): Promise<Mask> =>
  decodeMaskWith(bytes, { ...options, decodePlain });

/** As `decodeMaskPortable`, with the decoder of the plain formats that is given. */
export async function decodeMaskWith(bytes: Uint8Array, options: DecodeFileOptions): Promise<Mask> {
  // Rounding would make black of the lowest values of 16 bits, which count as well.
  const { format, image, alpha } = await decodeFile(bytes, options, (high, low) =>
    (high | low) === 0 ? 0 : 255,
  );
  const mask = maskOf(image, valuesOf(image), format);
  if (!alpha || !isConstant(mask.data)) return mask;
  return maskOf(image, valuesOf(image), format, valuesOf(await alpha()));
}

/** The largest channel of each pixel. */
function valuesOf({ width, height, data }: RgbImage): Uint8Array {
  const values = new Uint8Array(width * height);
  for (let i = 0, at = 0; i < values.length; i++, at += 3) {
    values[i] = Math.max(data[at]!, data[at + 1]!, data[at + 2]!);
  }
  return values;
}
