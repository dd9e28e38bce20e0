import { ImageError, type RgbImage } from '@cflow/spec';
import { decodedBytes, type ImageLimits } from './image-limits.js';

/** Bounds of `decodePnm`. */
export interface DecodePnmOptions {
  /** The most pixels that are decoded. Default 64 megapixels (2^26). */
  pixels?: number;
  /** Whether values above 255 are spread to full scale, or left for a range to say what they mean. Default true. */
  spread?: boolean;
  /** See `ImageLimits`. */
  admit?: ImageLimits['admit'];
}

/** Samples of a PNM: 8 bits, or 16 where its greatest value is above 255. */
export interface PnmRaster {
  width: number;
  height: number;
  space: 'gray' | 'rgb';
  data: Uint8Array | Uint16Array;
}

/** Bytes in which a header ends; comments may make it long. */
const LONGEST_HEADER = 65_536;
const BLANK = /\s/;

/**
 * Decodes a picture of the Netpbm family: PBM, PGM and PPM, as text (P1 to P3) or binary (P4 to P6). Values are spread from
 * the greatest that the header names to full scale, `round(value * full / greatest)`; in a PBM, 1 is black. Of several
 * pictures in a file, the first. https://netpbm.sourceforge.net/doc/pnm.html
 *
 * @throws ImageError with `details.reason` `damaged` or `too-many-pixels`
 */
export function decodePnm(
  bytes: Uint8Array,
  { pixels = 2 ** 26, admit, spread = true }: DecodePnmOptions = {},
): PnmRaster {
  const kind = bytes[1]! - 0x30;
  const bitmap = kind === 1 || kind === 4;
  const header = new Numbers(bytes, 2, LONGEST_HEADER);
  const [width, height] = [header.next(), header.next()];
  const greatest = bitmap ? 1 : header.next();
  if (width < 1 || height < 1 || greatest < 1 || greatest > 65_535) {
    throw damaged(`its header says ${width}x${height} pixels with values up to ${greatest}`);
  }
  if (width * height > pixels) {
    throw new ImageError(`declares ${width}x${height} = ${width * height} pixels, the limit is ${pixels}`, {
      details: { reason: 'too-many-pixels', width, height, limit: pixels },
    });
  }
  const channels = kind === 3 || kind === 6 ? 3 : 1;
  const count = width * height * channels;
  const full = greatest > 255 ? 65_535 : 255;
  admit?.(decodedBytes(width * height, channels, full > 255 ? 2 : 1));
  const data = full > 255 ? new Uint16Array(count) : new Uint8Array(count);
  const read =
    kind > 3
      ? binaryReader(bytes, header.at + 1, { count, width, bitmap, wide: full > 255 })
      : textReader(header, bitmap);
  for (let i = 0; i < count; i++) {
    const value = Math.min(greatest, read(i));
    if (bitmap) data[i] = value === 1 ? 0 : 255;
    else data[i] = full > 255 && !spread ? value : Math.round((value * full) / greatest);
  }
  return { width, height, space: channels === 3 ? 'rgb' : 'gray', data };
}

/** 8-bit RGB of it. @param toByte what the two bytes of a 16-bit sample become; default rounded */
export function pnmToRgb(
  { width, height, space, data }: PnmRaster,
  toByte: (high: number, low: number) => number = (high, low) => Math.trunc(((high << 8) + low + 128) / 257),
): RgbImage {
  const rgb = new Uint8Array(width * height * 3);
  const channels = space === 'rgb' ? 3 : 1;
  const wide = data instanceof Uint16Array;
  for (let i = 0; i < rgb.length; i++) {
    const value = data[channels === 3 ? i : Math.trunc(i / 3)]!;
    rgb[i] = wide ? toByte(value >> 8, value & 255) : value;
  }
  return { width, height, data: rgb };
}

/** Numbers in a text, with blanks and comments between them. */
class Numbers {
  at: number;
  readonly #bytes: Uint8Array;
  readonly #end: number;

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.#bytes = bytes;
    this.at = at;
    this.#end = Math.min(bytes.length, end);
  }

  /** To the end of the file, for pixels written as text. */
  whole(): Numbers {
    return new Numbers(this.#bytes, this.at, this.#bytes.length);
  }

  next(single = false): number {
    this.#skip();
    let value = 0;
    const start = this.at;
    while (this.at < this.#end) {
      const digit = this.#bytes[this.at]! - 0x30;
      if (digit < 0 || digit > 9 || value > 1e9) break;
      value = value * 10 + digit;
      this.at++;
      if (single) break;
    }
    if (this.at === start) throw damaged(`expected a number at byte ${start}`);
    return value;
  }

  #skip(): void {
    while (this.at < this.#end) {
      const byte = this.#bytes[this.at]!;
      if (byte === 0x23) {
        const line = this.#bytes.indexOf(0x0a, this.at);
        this.at = line < 0 ? this.#end : line + 1;
      } else if (BLANK.test(String.fromCharCode(byte))) this.at++;
      else return;
    }
  }
}

/** Digits of a bitmap may follow each other without a blank. */
function textReader(header: Numbers, bitmap: boolean): () => number {
  const numbers = header.whole();
  return () => numbers.next(bitmap);
}

function binaryReader(
  bytes: Uint8Array,
  from: number,
  { count, width, bitmap, wide }: { count: number; width: number; bitmap: boolean; wide: boolean },
): (i: number) => number {
  const rowBytes = Math.ceil(width / 8);
  const needed = from + (bitmap ? rowBytes * (count / width) : count * (wide ? 2 : 1));
  if (needed > bytes.length)
    throw damaged(`truncated: its pixels end at byte ${needed}, the file at ${bytes.length}`);
  if (wide) return (i) => (bytes[from + i * 2]! << 8) | bytes[from + i * 2 + 1]!;
  if (!bitmap) return (i) => bytes[from + i]!;
  return (i) => {
    const x = i % width;
    return (bytes[from + Math.trunc(i / width) * rowBytes + (x >> 3)]! >> (7 - (x & 7))) & 1;
  };
}

function damaged(message: string): ImageError {
  return new ImageError(`this PNM is damaged: ${message}`, { details: { reason: 'damaged' } });
}
