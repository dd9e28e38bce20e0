import { readFile } from 'node:fs/promises';
import { ImageError, type ScalarMap } from '@cflow/spec';
import sharp from 'sharp';
import { valueRange } from './heat-map.js';
import { writeBytes } from './png.js';
import { addPngText } from './png-text.js';
import { requireImage } from './resample.js';

/** How pixel values become map values: `value = offset + scale * pixel`. */
export interface MapPng16Scale {
  offset: number;
  scale: number;
}

const MAX_PIXEL = 65535;
/** Pixels of the largest map that is read: 400 MB as float32. */
const MAX_PIXELS = 100e6;
const OFFSET_KEY = 'cflow:offset';
const SCALE_KEY = 'cflow:scale';

/**
 * The map as a 16-bit grey PNG file. Offset and scale stand in the file as text chunks `cflow:offset` and `cflow:scale`,
 * so that any reader can have the real values back, to half a step: 1/131070 of the range.
 *
 * @param range Values of black and of white; values outside are clamped. Default: the map's own range.
 * @throws ImageError when a value is not finite or the data are not of the size.
 */
export async function encodeMapPng16(
  map: ScalarMap,
  range: { min?: number | undefined; max?: number | undefined } = {},
): Promise<{ png: Uint8Array } & MapPng16Scale> {
  requireImage('map', map, 1);
  const { width, height, data } = map;
  const own = valueRange(map);
  const offset = range.min ?? own.min;
  const scale = Math.max(0, (range.max ?? own.max) - offset) / MAX_PIXEL;
  const pixels = new Uint16Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    if (!Number.isFinite(value)) {
      throw new ImageError(`A 16-bit PNG holds finite values only, but the map has ${value} at pixel ${i}.`);
    }
    // Dividing before subtracting would lose digits; a map of one value has scale 0 and stays black.
    const pixel = scale > 0 ? Math.round((value - offset) / scale) : 0;
    pixels[i] = Math.min(MAX_PIXEL, Math.max(0, pixel));
  }
  const png = await sharp(pixels, { raw: { width, height, channels: 1 } })
    .toColourspace('grey16')
    .png()
    .toBuffer();
  return { png: addPngText(png, { [OFFSET_KEY]: `${offset}`, [SCALE_KEY]: `${scale}` }), offset, scale };
}

/** Encodes and writes; returns offset and scale. @throws StorageError when the file cannot be written. */
export async function writeMapPng16(
  path: string,
  map: ScalarMap,
  range: { min?: number | undefined; max?: number | undefined } = {},
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
 * @throws ImageError when it is not a 16-bit grey PNG, has more than 100 million pixels, or says no offset and scale.
 */
export async function readMapPng16(source: string | Uint8Array, given?: MapPng16Scale): Promise<ScalarMap> {
  const name = typeof source === 'string' ? source : 'the map';
  const damaged = (cause: unknown): ImageError =>
    new ImageError(`Could not read ${name} as a 16-bit PNG: ${(cause as Error).message}`, { cause });
  try {
    const bytes = typeof source === 'string' ? await readFile(source) : source;
    const picture = sharp(bytes, { limitInputPixels: MAX_PIXELS, failOn: 'warning' });
    const { format, depth, space, comments } = await picture.metadata();
    if (format !== 'png' || depth !== 'ushort' || space !== 'grey16') {
      throw new ImageError(`Expected a 16-bit grey PNG in ${name}, found ${format} with ${depth} ${space}.`);
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
  const offset = read(OFFSET_KEY);
  const scale = read(SCALE_KEY);
  if (!Number.isFinite(offset) || !Number.isFinite(scale)) {
    throw new ImageError(
      `Expected the text chunks ${OFFSET_KEY} and ${SCALE_KEY} in ${name}, found none. Give offset and scale.`,
    );
  }
  return { offset, scale };
}
