import type { RgbImage } from '@cflow/spec';
import { type DecodePortableOptions, decodeImageWith } from './decode-file.js';
import { decodePlain } from './decode-plain.js';

/**
 * Decodes an image file to 8-bit RGB with nothing of Node: PNG, JPEG, BMP and PNM by code of our own or given, so that
 * the pixels are those of Node's `decodeImage` bit for bit; the rest by `decodeOther`.
 *
 * @throws ImageError as Node's `decodeImage`; `details.reason` is an `ImageFailure`. Sizes are read from headers, and
 * checked against the limits before anything is decoded.
 */
export const decodeImagePortable = (
  bytes: Uint8Array,
  options: DecodePortableOptions = {},
): Promise<RgbImage> => decodeImageWith(bytes, { ...options, decodePlain });
