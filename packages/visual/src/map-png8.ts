import type { ScalarMap } from '@cflow/spec';
import sharp from 'sharp';
import { type MapPixelRange, type MapPixelScale, mapPixels8 } from './map-pixels.js';

/**
 * The map as an 8-bit gray PNG file: `value = offset + scale * pixel`, to half a step, 1/510 of the range.
 *
 * @param range Values of black and of white; values outside are clamped. Default: the map's own range.
 * @throws ImageError when the data are not of the size.
 */
export async function encodeMapPng8(
  map: ScalarMap,
  range: MapPixelRange = {},
): Promise<{ png: Uint8Array } & MapPixelScale> {
  const { pixels, offset, scale } = mapPixels8(map, range);
  const { width, height } = map;
  const png = await sharp(pixels, { raw: { width, height, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toBuffer();
  return { png: new Uint8Array(png), offset, scale };
}
