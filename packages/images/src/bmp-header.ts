import { ImageError } from '@cflow/spec';

/** Bits of one channel within a pixel: `(pixel >>> shift) & max`. `max` is 0 where a channel has no bits. */
export interface ChannelBits {
  shift: number;
  max: number;
}

/** What the header of a bitmap says, checked. */
export interface BmpHeader {
  width: number;
  height: number;
  topDown: boolean;
  bits: 1 | 4 | 8 | 16 | 24 | 32;
  compression: 'none' | 'rle8' | 'rle4';
  /** RGB of every index that `bits` can name; black where the file has no entry. Empty above 8 bits. */
  palette: Uint8Array;
  /** Red, green, blue. Used with 16 and 32 bits. */
  masks: readonly [ChannelBits, ChannelBits, ChannelBits];
  /** Byte that the pixels start at. */
  pixelOffset: number;
}

const FILE_HEADER = 14;
const INFO_HEADERS = new Set([40, 52, 56, 64, 108, 124]);
const DEFAULT_MASKS = { 16: [0x7c00, 0x03e0, 0x001f], 32: [0xff0000, 0x00ff00, 0x0000ff] } as const;

/**
 * Reads the file and info headers and the palette of a bitmap (BITMAPCOREHEADER to BITMAPV5HEADER).
 *
 * @throws ImageError as `decodeBmp`.
 */
export function readBmpHeader(bytes: Uint8Array): BmpHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 26 || bytes[0] !== 0x42 || bytes[1] !== 0x4d)
    throw refuse('not-an-image', 'not a bitmap');
  const headerSize = view.getUint32(FILE_HEADER, true);
  const core = headerSize === 12;
  if (!core && !INFO_HEADERS.has(headerSize)) {
    throw refuse('unsupported', `a bitmap with a header of ${headerSize} bytes is not supported`);
  }
  if (bytes.length < FILE_HEADER + headerSize) throw refuse('damaged', 'truncated within the header');

  const width = core ? view.getUint16(18, true) : view.getInt32(18, true);
  const signedHeight = core ? view.getUint16(20, true) : view.getInt32(22, true);
  const height = Math.abs(signedHeight);
  if (width <= 0 || height <= 0) throw refuse('not-an-image', `declares ${width}x${height} pixels`);
  const bits = view.getUint16(core ? 24 : 28, true);
  if (!isDepth(bits)) throw refuse('unsupported', `a bitmap of ${bits} bits per pixel is not supported`);
  const code = core ? 0 : view.getUint32(30, true);
  const compression = compressionOf(code, bits);
  if (compression !== 'none' && signedHeight < 0) {
    throw refuse('unsupported', 'a compressed top-down bitmap is not allowed by the format');
  }

  // With the 40-byte header, masks follow it; later headers hold them.
  const masked = code === 3 || code === 6;
  const masksAfter = masked && headerSize === 40 ? (code === 6 ? 16 : 12) : 0;
  const paletteOffset = FILE_HEADER + headerSize + masksAfter;
  if (bytes.length < paletteOffset) throw refuse('damaged', 'truncated within the header');
  const declared = core ? 0 : view.getUint32(46, true);
  const palette = readPalette(bytes, paletteOffset, bits, declared, core ? 3 : 4);
  const stated = view.getUint32(10, true);
  return {
    width,
    height,
    topDown: signedHeight < 0,
    bits,
    compression,
    palette: palette.colors,
    masks: channelMasks(bits, masked ? [54, 58, 62].map((at) => view.getUint32(at, true)) : undefined),
    pixelOffset: stated === 0 ? palette.end : stated,
  };
}

function isDepth(bits: number): bits is BmpHeader['bits'] {
  return [1, 4, 8, 16, 24, 32].includes(bits);
}

function compressionOf(code: number, bits: BmpHeader['bits']): BmpHeader['compression'] {
  if (code === 0 || ((code === 3 || code === 6) && (bits === 16 || bits === 32))) return 'none';
  if (code === 1 && bits === 8) return 'rle8';
  if (code === 2 && bits === 4) return 'rle4';
  throw refuse('unsupported', `a bitmap of ${bits} bits with compression ${code} is not supported`);
}

function readPalette(
  bytes: Uint8Array,
  from: number,
  bits: number,
  declared: number,
  entry: 3 | 4,
): { colors: Uint8Array; end: number } {
  if (bits > 8) return { colors: new Uint8Array(0), end: from + declared * entry };
  const room = 1 << bits;
  const count = Math.min(declared === 0 ? room : declared, room, Math.floor((bytes.length - from) / entry));
  const colors = new Uint8Array(room * 3);
  for (let i = 0; i < count; i++) {
    colors[i * 3] = bytes[from + i * entry + 2]!;
    colors[i * 3 + 1] = bytes[from + i * entry + 1]!;
    colors[i * 3 + 2] = bytes[from + i * entry]!;
  }
  return { colors, end: from + count * entry };
}

function channelMasks(bits: number, given: readonly number[] | undefined): BmpHeader['masks'] {
  const [red = 0, green = 0, blue = 0] = given ?? DEFAULT_MASKS[bits === 16 ? 16 : 32];
  return [channelBits(red), channelBits(green), channelBits(blue)];
}

function channelBits(mask: number): ChannelBits {
  if (mask === 0) return { shift: 0, max: 0 };
  const shift = 31 - Math.clz32(mask & -mask);
  const max = mask >>> shift;
  // Eight bits at most can be told apart in the result; a mask with holes has no meaning.
  if (((max + 1) & max) !== 0 || max > 0xffff) {
    throw refuse('unsupported', `a bitmap with the color mask 0x${mask.toString(16)} is not supported`);
  }
  return { shift, max };
}

function refuse(reason: string, message: string): ImageError {
  return new ImageError(message, { details: { reason } });
}
