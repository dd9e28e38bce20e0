import type { RgbImage, ScalarMap } from '@cflow/spec';
import { type ColorMapName, colorMap } from './color-map.js';
import { requireImage } from './resample.js';

/** Which values get which colors. */
export interface ColorScale {
  /** Value of the first color. Default: the lowest finite value of the map. */
  min?: number | undefined;
  /** Value of the last color. Default: the highest finite value of the map. Use the same for maps to be compared. */
  max?: number | undefined;
  /** Default `turbo`. */
  colorMap?: ColorMapName | undefined;
}

/** Lowest and highest finite value of a map; 0 and 0 when there is none. */
export function valueRange({ data }: ScalarMap): { min: number; max: number } {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    if (value < min && value !== Number.NEGATIVE_INFINITY) min = value;
    if (value > max && value !== Number.POSITIVE_INFINITY) max = value;
  }
  return min <= max ? { min, max } : { min: 0, max: 0 };
}

/** Place of each value on the scale, 0 to 1, clamped; NaN and a scale without extent give 0. */
export function normalize(map: ScalarMap, scale: ColorScale): Float32Array {
  const range = valueRange(map);
  const min = scale.min ?? range.min;
  const max = scale.max ?? range.max;
  const factor = max > min ? 1 / (max - min) : 0;
  const out = new Float32Array(map.data.length);
  for (let i = 0; i < out.length; i++) {
    const t = (map.data[i]! - min) * factor;
    // The comparison is false for NaN, which so stays 0.
    if (t > 0) out[i] = Math.min(1, t);
  }
  return out;
}

/**
 * The map in false colors, at its own size.
 *
 * @throws ImageError when the map's data are not of its size.
 */
export function renderHeatMap(map: ScalarMap, scale: ColorScale = {}): RgbImage {
  requireImage('map', map, 1);
  const table = colorMap(scale.colorMap ?? 'turbo');
  const places = normalize(map, scale);
  const data = new Uint8Array(places.length * 3);
  for (let i = 0; i < places.length; i++) {
    const color = Math.round(places[i]! * 255) * 3;
    data[i * 3] = table[color]!;
    data[i * 3 + 1] = table[color + 1]!;
    data[i * 3 + 2] = table[color + 2]!;
  }
  return { width: map.width, height: map.height, data };
}
