import type { RgbImage } from '@cflow/spec';
import { inflate } from './inflate.js';
import { alphaChunks } from './png-alpha.js';
import type { PngChunks } from './png-chunks.js';
import { inflatedLength, PngRows, type SampleToByte } from './png-rows.js';
import { upright } from './upright.js';

/** The most that one byte of deflate can stand for: a match of 258 bytes in two bits. */
const MOST_INFLATED_PER_BYTE = 1032;

/** What of a PNG is decoded besides its colors. */
export interface DecodedPng {
  image: RgbImage;
  /** Decodes the file once more, to its alpha as gray; undefined where it has none. */
  alpha: (() => Promise<RgbImage>) | undefined;
}

/** A PNG with its alpha, where it has any. Rejects as `decodePng`. */
export async function decodePngWithAlpha(chunks: PngChunks, toByte?: SampleToByte): Promise<DecodedPng> {
  const alpha = alphaChunks(chunks);
  return { image: await decodePng(chunks, toByte), alpha: alpha && (() => decodePng(alpha, toByte)) };
}

/** Pixels of a PNG whose size has been checked. Rejects with a plain Error that says what is wrong. */
export async function decodePng(chunks: PngChunks, toByte?: SampleToByte): Promise<RgbImage> {
  const { width, height, data, orientation } = chunks;
  const compressed = data.reduce((sum, { length }) => sum + length, 0);
  // Told before memory is taken for pixels that cannot come.
  if (compressed * MOST_INFLATED_PER_BYTE < inflatedLength(chunks))
    throw new Error('its pixels end too early');
  const rows = new PngRows(chunks, toByte);
  await inflate(data, (bytes) => {
    rows.push(bytes);
    return { enough: rows.complete };
  });
  return upright({ width, height, data: rows.data }, orientation);
}
