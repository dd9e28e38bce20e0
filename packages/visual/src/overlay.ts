import type { RgbImage, ScalarMap } from '@cflow/spec';
import { colorMap } from './color-map.js';
import { type ColorScale, normalize } from './heat-map.js';
import { requireImage, resizeMap } from './resample.js';

export interface OverlayOptions extends ColorScale {
  /** Opacity of the colors, 0 to 1. Default 0.6. */
  opacity?: number | undefined;
  /** Whether the opacity rises with the value, so that the image stays visible where nothing is wrong. Default true. */
  fade?: boolean | undefined;
  /** Values below it leave the image as it is. Default: none. */
  threshold?: number | undefined;
}

/**
 * The map in false colors over the image, at the image's size; a map of another size is resampled to it.
 *
 * @throws ImageError when image or map have data of another size than they say.
 */
export function overlay(image: RgbImage, map: ScalarMap, options: OverlayOptions = {}): RgbImage {
  requireImage('image', image, 3);
  const { opacity = 0.6, fade = true, threshold = Number.NEGATIVE_INFINITY } = options;
  const table = colorMap(options.colorMap ?? 'turbo');
  const resized = resizeMap(map, image.width, image.height);
  const places = normalize(resized, options);
  const data = image.data.slice();
  for (let i = 0; i < places.length; i++) {
    // Written so that NaN is below every threshold.
    if (!(resized.data[i]! >= threshold)) continue;
    const alpha = Math.min(1, Math.max(0, opacity)) * (fade ? places[i]! : 1);
    const color = Math.round(places[i]! * 255) * 3;
    for (let c = 0; c < 3; c++) {
      const at = i * 3 + c;
      data[at] = Math.round(data[at]! + alpha * (table[color + c]! - data[at]!));
    }
  }
  return { width: image.width, height: image.height, data };
}
