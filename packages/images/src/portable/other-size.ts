// Sizes of the formats that a host decodes for us, read from their headers so that limits hold for them, too.
import type { ImageFormat } from '../image-format.js';
import { tiffSize } from './tiff-header.js';

interface Size {
  width: number;
  height: number;
}

/** The declared size; undefined when the header does not say. */
export function otherSize(bytes: Uint8Array, format: ImageFormat): Size | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (format) {
    case 'webp':
      return webpSize(view);
    case 'gif':
      return bytes.length < 10 ? undefined : positive(view.getUint16(6, true), view.getUint16(8, true));
    case 'avif':
      return avifSize(bytes, view);
    case 'tiff':
      return tiffSize(bytes);
    default:
      return undefined;
  }
}

function positive(width: number, height: number): Size | undefined {
  return width > 0 && height > 0 ? { width, height } : undefined;
}

/** https://developers.google.com/speed/webp/docs/riff_container */
function webpSize(view: DataView): Size | undefined {
  if (view.byteLength < 30) return undefined;
  const uint24 = (at: number): number => view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
  switch (view.getUint32(12)) {
    case 0x56503858: // VP8X
      return { width: uint24(24) + 1, height: uint24(27) + 1 };
    case 0x5650384c: {
      // VP8L: two numbers of 14 bits
      const bits = view.getUint32(21, true);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case 0x56503820: // VP8
      return positive(view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff);
    default:
      return undefined;
  }
}

/** The largest `ispe` (size of an item: 4 bytes of version, width, height) of the metadata at the file's start. */
function avifSize(bytes: Uint8Array, view: DataView): Size | undefined {
  const end = Math.min(bytes.length - 16, 2 ** 16);
  let largest: Size | undefined;
  for (let at = bytes.indexOf(0x69); at >= 0 && at <= end; at = bytes.indexOf(0x69, at + 1)) {
    if (view.getUint32(at) !== 0x69737065) continue;
    const size = positive(view.getUint32(at + 8), view.getUint32(at + 12));
    if (size && (!largest || size.width * size.height > largest.width * largest.height)) largest = size;
  }
  return largest;
}
