import { readFile } from 'node:fs/promises';
import { ImageError, type ScalarMap } from '@cflow/spec';
import sharp from 'sharp';
import { MAP_PNG_KEYS, type MapPixelRange, type MapPixelScale, mapPixels16 } from './map-pixels.js';
import { writeBytes } from './png.js';
import { addPngText } from './png-text.js';

/** How pixel values become map values: `value = offset + scale * pixel`. */
export type MapPng16Scale = MapPixelScale;

/** Pixels of the largest map that is read: 400 MB as float32. */
const MAX_PIXELS = 100e6;

/**
 * The map as a 16-bit gray PNG file. Offset and scale stand in the file as text chunks `cflow:offset` and `cflow:scale`,
 * so that any reader can have the real values back, to half a step: 1/131070 of the range.
 *
 * @param range Values of black and of white; values outside are clamped. Default: the map's own range.
 * @throws ImageError when a value is not finite or the data are not of the size.
 */
export async function encodeMapPng16(
  map: ScalarMap,
  range: MapPixelRange = {},
): Promise<{ png: Uint8Array } & MapPng16Scale> {
  const { pixels, offset, scale } = mapPixels16(map, range);
  const { width, height } = map;
  const png = await sharp(pixels, { raw: { width, height, channels: 1 } })
    .toColourspace('grey16')
    .png()
    .toBuffer();
  const texts = { [MAP_PNG_KEYS.offset]: `${offset}`, [MAP_PNG_KEYS.scale]: `${scale}` };
  return { png: addPngText(png, texts), offset, scale };
}

/** Encodes and writes; returns offset and scale. @throws StorageError when the file cannot be written. */
export async function writeMapPng16(
  path: string,
  map: ScalarMap,
  range: MapPixelRange = {},
): Promise<MapPng16Scale> {
  const { png, offset, scale } = await encodeMapPng16(map, range);
  await writeBytes(path, png);
  return { offset, scale };
}

/**
 * Reads a map that {@link encodeMapPng16} made.
 *
 * @param source Path or bytes of the file.
 * @param given Offset and scale, for a file that does not hold them.
 * @throws ImageError when it is not a 16-bit gray PNG, has more than 100 million pixels, or says no offset and scale.
 */
export async function readMapPng16(source: string | Uint8Array, given?: MapPng16Scale): Promise<ScalarMap> {
  const name = typeof source === 'string' ? source : 'the map';
  const damaged = (cause: unknown): ImageError =>
    new ImageError(`could not read ${name} as a 16-bit PNG: ${(cause as Error).message}`, { cause });
  try {
    const bytes = typeof source === 'string' ? await readFile(source) : source;
    const picture = sharp(bytes, { limitInputPixels: MAX_PIXELS, failOn: 'warning' });
    const { format, depth, space, comments } = await picture.metadata();
    if (format !== 'png' || depth !== 'ushort' || space !== 'grey16') {
      throw new ImageError(`expected a 16-bit gray PNG in ${name}, got ${format} with ${depth} ${space}`);
    }
    const { offset, scale } = given ?? writtenScale(name, comments ?? []);
    const { data, info } = await picture
      .toColourspace('grey16')
      .raw({ depth: 'ushort' })
      .toBuffer({ resolveWithObject: true });
    const pixels = new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
    const values = Float32Array.from(pixels, (pixel) => offset + scale * pixel);
    return { width: info.width, height: info.height, data: values };
  } catch (error) {
    throw ImageError.isInstance(error) ? error : damaged(error);
  }
}

function writtenScale(name: string, comments: readonly { keyword: string; text: string }[]): MapPng16Scale {
  const read = (key: string): number =>
    Number.parseFloat(comments.find(({ keyword }) => keyword === key)?.text ?? '');
  const offset = read(MAP_PNG_KEYS.offset);
  const scale = read(MAP_PNG_KEYS.scale);
  if (!Number.isFinite(offset) || !Number.isFinite(scale)) {
    throw new ImageError(
      `expected the text chunks ${MAP_PNG_KEYS.offset} and ${MAP_PNG_KEYS.scale} in ${name}, got none; give offset and scale`,
    );
  }
  return { offset, scale };
}
