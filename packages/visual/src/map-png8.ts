import type { ScalarMap } from '@cflow/spec';
import sharp from 'sharp';
import { normalise, valueRange } from './heat-map.js';
import type { MapPng16Scale } from './map-png16.js';
import { requireImage } from './resample.js';

/**
 * The map as an 8-bit grey PNG file: `value = offset + scale * pixel`, to half a step, 1/510 of the range.
 *
 * @param range Values of black and of white; values outside are clamped. Default: the map's own range.
 * @throws ImageError when the data are not of the size.
 */
export async function encodeMapPng8(
  map: ScalarMap,
  range: { min?: number | undefined; max?: number | undefined } = {},
): Promise<{ png: Uint8Array } & MapPng16Scale> {
  requireImage('map', map, 1);
  const { width, height } = map;
  const own = valueRange(map);
  const offset = range.min ?? own.min;
  const max = Math.max(offset, range.max ?? own.max);
  const pixels = Uint8Array.from(normalise(map, { min: offset, max }), (place) => Math.round(place * 255));
  const png = await sharp(pixels, { raw: { width, height, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toBuffer();
  return { png: new Uint8Array(png), offset, scale: (max - offset) / 255 };
}
