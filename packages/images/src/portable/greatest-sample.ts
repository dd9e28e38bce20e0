import { sniffFormat } from '../image-format.js';
import { FULL_RANGE } from '../sample-scale.js';
import { type DecodeFileOptions, decodeFile } from './decode-file.js';

/** In a PNG, after the signature, the head of the first chunk, and two sides. */
const PNG_DEPTH_AT = 24;

/**
 * The greatest sample of an image of 16 bits (PNG, PNM); undefined where its samples have 8.
 * @throws ImageError as `decodeImageWith`
 */
export async function greatestSample(
  bytes: Uint8Array,
  options: DecodeFileOptions,
): Promise<number | undefined> {
  const sniffed = sniffFormat(bytes);
  const format = sniffed && 'format' in sniffed ? sniffed.format : undefined;
  // What cannot have 16 bits is not decoded for it.
  if (!(format === 'pnm' || (format === 'png' && bytes[PNG_DEPTH_AT] === 16))) return undefined;
  let greatest: number | undefined;
  await decodeFile(bytes, { ...options, range: FULL_RANGE }, (high, low) => {
    greatest = Math.max(greatest ?? 0, (high << 8) | low);
    return high;
  });
  return greatest;
}
