import { ImageError, type RgbImage } from '@cflow/spec';
import { type BmpHeader, readBmpHeader } from './bmp-header.js';
import { expandRunLengths } from './bmp-run-lengths.js';
import { decodedBytes, type ImageLimits } from './image-limits.js';

/** Bounds of `decodeBmp`. */
export interface DecodeBmpOptions {
  /** The most pixels that are decoded. Default 64 megapixels (2^26). */
  pixels?: number;
  /** See `ImageLimits`. */
  admit?: ImageLimits['admit'];
}

/**
 * Decodes a Windows or OS/2 bitmap: 1, 4, 8 bits with a palette (plain or run-length encoded), 16, 24 and 32 bits
 * with the usual or with given bit masks, bottom-up or top-down. Alpha is dropped. Values of fewer than 8 bits are
 * spread to 0..255 as `trunc(value * 255 / max)`, as Pillow does.
 *
 * @throws ImageError when it is not a bitmap, truncated, too large, or of a kind that is not supported. `details.reason`
 * is `not-an-image`, `damaged`, `too-many-pixels` or `unsupported`.
 */
export function decodeBmp(bytes: Uint8Array, { pixels = 2 ** 26, admit }: DecodeBmpOptions = {}): RgbImage {
  const header = readBmpHeader(bytes);
  const { width, height } = header;
  if (width * height > pixels) {
    throw new ImageError(`declares ${width}x${height} = ${width * height} pixels, the limit is ${pixels}`, {
      details: { reason: 'too-many-pixels', width, height, limit: pixels },
    });
  }
  admit?.(decodedBytes(width * height, 3, 1));
  if (header.compression === 'rle8' || header.compression === 'rle4') {
    const indices = expandRunLengths(bytes, header);
    return paint(header, (y) => ({ from: y * width, bits: 8, source: indices }));
  }
  const stride = Math.ceil((width * header.bits) / 32) * 4;
  // The padding of the last row is often left out.
  const needed = header.pixelOffset + stride * (height - 1) + Math.ceil((width * header.bits) / 8);
  if (needed > bytes.length) {
    throw new ImageError(`truncated: its pixels end at byte ${needed}, the file at ${bytes.length}`, {
      details: { reason: 'damaged', expected: needed, found: bytes.length },
    });
  }
  return paint(header, (y) => ({
    from: header.pixelOffset + stride * y,
    bits: header.bits,
    source: bytes,
  }));
}

interface StoredRow {
  from: number;
  bits: number;
  source: Uint8Array;
}

/** Rows are stored from the bottom unless the header says otherwise. */
function paint(header: BmpHeader, storedRow: (y: number) => StoredRow): RgbImage {
  const { width, height, topDown } = header;
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const row = storedRow(topDown ? y : height - 1 - y);
    const at = y * width * 3;
    if (row.bits <= 8) paintIndices(data, at, width, row, header.palette);
    else if (row.bits === 24) paintBytes(data, at, width, row);
    else paintMasked(data, at, width, row, header.masks);
  }
  return { width, height, data };
}

function paintIndices(
  data: Uint8Array,
  at: number,
  width: number,
  { from, bits, source }: StoredRow,
  palette: Uint8Array,
): void {
  const perByte = 8 / bits;
  const mask = (1 << bits) - 1;
  for (let x = 0; x < width; x++) {
    const shift = 8 - bits * ((x % perByte) + 1);
    const index = (source[from + Math.trunc(x / perByte)]! >> shift) & mask;
    // The palette has room for every index; those that the file does not define are black.
    data[at + x * 3] = palette[index * 3]!;
    data[at + x * 3 + 1] = palette[index * 3 + 1]!;
    data[at + x * 3 + 2] = palette[index * 3 + 2]!;
  }
}

function paintBytes(data: Uint8Array, at: number, width: number, { from, source }: StoredRow): void {
  for (let i = 0; i < width * 3; i += 3) {
    data[at + i] = source[from + i + 2]!;
    data[at + i + 1] = source[from + i + 1]!;
    data[at + i + 2] = source[from + i]!;
  }
}

function paintMasked(
  data: Uint8Array,
  at: number,
  width: number,
  { from, bits, source }: StoredRow,
  masks: BmpHeader['masks'],
): void {
  const size = bits / 8;
  for (let x = 0; x < width; x++) {
    let pixel = 0;
    for (let b = size - 1; b >= 0; b--) pixel = (pixel << 8) | source[from + x * size + b]!;
    for (let channel = 0; channel < 3; channel++) {
      const { shift, max } = masks[channel]!;
      data[at + x * 3 + channel] = max === 0 ? 0 : Math.trunc((((pixel >>> shift) & max) * 255) / max);
    }
  }
}
