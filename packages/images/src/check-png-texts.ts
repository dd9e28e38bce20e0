import { type ImageSource, imageError } from './image-error.js';

/** Texts of one PNG: cameras and editors write a dozen. */
const MOST_TEXTS = 1000;
/** `tEXt`, `zTXt` and `iTXt`. */
const TEXTS: readonly number[] = [0x74455874, 0x7a545874, 0x69545874];
const SIGNATURE_LENGTH = 8;
/** Length, type and check sum of a chunk. */
const FRAME = 12;

/**
 * Throws an ImageError for a PNG of very many texts. libpng looks at all that it has for each that comes: a file of six megabytes
 * with half a million empty ones takes seconds, before a pixel of it is seen.
 */
export function checkPngTexts(source: ImageSource, bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let texts = 0;
  for (let at = SIGNATURE_LENGTH; at + FRAME <= bytes.length; at += FRAME + view.getUint32(at)) {
    if (!TEXTS.includes(view.getUint32(at + 4)) || ++texts <= MOST_TEXTS) continue;
    throw imageError(source, 'unsupported', `has more than ${MOST_TEXTS} texts; save it without metadata`);
  }
}
