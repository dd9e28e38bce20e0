import { ImageError } from '@cflow/spec';
import type { BmpHeader } from './bmp-header.js';

/**
 * Expands the run lengths of an 8 or 4 bit bitmap to one palette index per pixel, rows in the order they are
 * stored. Pixels that are jumped over have index 0. Runs past the end of a row are cut.
 *
 * @throws ImageError (`details.reason` is `damaged`) when the file ends before the picture does.
 */
export function expandRunLengths(bytes: Uint8Array, { width, height, ...header }: BmpHeader): Uint8Array {
  const nibbles = header.compression === 'rle4';
  const indices = new Uint8Array(width * height);
  let at = header.pixelOffset;
  let x = 0;
  let y = 0;
  const put = (index: number): void => {
    if (x < width && y < height) indices[y * width + x] = index;
    x++;
  };
  while (y < height) {
    if (at + 2 > bytes.length) throw truncated(bytes.length);
    const count = bytes[at]!;
    const value = bytes[at + 1]!;
    at += 2;
    if (count > 0) {
      for (let i = 0; i < count; i++) put(nibbles ? (i % 2 === 0 ? value >> 4 : value & 15) : value);
    } else if (value === 0) {
      x = 0;
      y++;
    } else if (value === 1) {
      break;
    } else if (value === 2) {
      if (at + 2 > bytes.length) throw truncated(bytes.length);
      x += bytes[at]!;
      y += bytes[at + 1]!;
      at += 2;
    } else {
      // `value` literal pixels, padded to an even number of bytes.
      const size = nibbles ? Math.ceil(value / 2) : value;
      if (at + size > bytes.length) throw truncated(bytes.length);
      for (let i = 0; i < value; i++) {
        const byte = bytes[at + (nibbles ? i >> 1 : i)]!;
        put(nibbles ? (i % 2 === 0 ? byte >> 4 : byte & 15) : byte);
      }
      at += size + (size % 2);
    }
  }
  return indices;
}

function truncated(length: number): ImageError {
  return new ImageError(`truncated: the file ends at byte ${length}, before its picture does`, {
    details: { reason: 'damaged', found: length },
  });
}
