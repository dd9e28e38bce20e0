import { colorMap, renderHeatMap } from '@cflow/visual';
import type { AnomalyMap } from '../detector.js';

/** `turbo` tells neighboring values apart best; `viridis` and `inferno` keep their order in gray print. */
export type ColorMapName = 'turbo' | 'viridis' | 'inferno' | 'gray';

/** Which values get which colors. */
export interface ColorScale {
  /** Value of the first color. Default: the lowest of the map; for overlays 0. */
  min?: number | undefined;
  /** Value of the last color. Default: the highest of the map. Use the same for maps to be compared. */
  max?: number | undefined;
  /** Default `turbo`. */
  colorMap?: ColorMapName | undefined;
}

/** The color map as 256 RGB triples, lowest value first: 768 bytes, the same as in the service's pictures. */
export function colorTable(name: ColorMapName): Uint8Array {
  return colorMap(name);
}

/** The map in false colors, at its own size, opaque: the same colors as in the service's pictures. */
export function heatMapPixels(map: AnomalyMap, scale: ColorScale = {}): ImageData {
  const { width, height, data } = renderHeatMap(map, scale);
  const rgba = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let from = 0, to = 0; from < data.length; from += 3, to += 4) {
    rgba[to] = data[from]!;
    rgba[to + 1] = data[from + 1]!;
    rgba[to + 2] = data[from + 2]!;
  }
  return new ImageData(rgba, width, height);
}
