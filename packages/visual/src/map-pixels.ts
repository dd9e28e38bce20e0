import { ImageError, type ScalarMap } from '@cflow/spec';
import { normalize, valueRange } from './heat-map.js';
import { requireImage } from './resample.js';

/** How pixel values become map values: `value = offset + scale * pixel`. */
export interface MapPixelScale {
  offset: number;
  scale: number;
}

/** Values of black and of white; values outside are clamped. Default: the map's own range. */
export interface MapPixelRange {
  min?: number | undefined;
  max?: number | undefined;
}

/** Keys of the texts that a 16-bit PNG of a map holds. */
export const MAP_PNG_KEYS = { offset: 'cflow:offset', scale: 'cflow:scale' } as const;

const MAX_PIXEL = 65535;

/**
 * The map in 8 bits: to half a step, 1/510 of the range.
 * @throws ImageError when the data are not of the size
 */
export function mapPixels8(
  map: ScalarMap,
  range: MapPixelRange = {},
): { pixels: Uint8Array } & MapPixelScale {
  requireImage('map', map, 1);
  const own = valueRange(map);
  const offset = range.min ?? own.min;
  const max = Math.max(offset, range.max ?? own.max);
  const pixels = Uint8Array.from(normalize(map, { min: offset, max }), (place) => Math.round(place * 255));
  return { pixels, offset, scale: (max - offset) / 255 };
}

/**
 * The map in 16 bits: to half a step, 1/131070 of the range.
 * @throws ImageError when a value is not finite or the data are not of the size
 */
export function mapPixels16(
  map: ScalarMap,
  range: MapPixelRange = {},
): { pixels: Uint16Array } & MapPixelScale {
  requireImage('map', map, 1);
  const { data } = map;
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
  return { pixels, offset, scale };
}
