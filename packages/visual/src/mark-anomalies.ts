import type { RgbImage, ScalarMap } from '@cflow/spec';
import { type AnomalyScale, anomalyLevel } from './anomaly-scale.js';
import type { Color } from './draw.js';
import { requireImage, resizeMap } from './resample.js';

/** Red is what people take for wrong; the others are for parts that are red themselves. */
export type AnomalyColor = 'red' | 'blue' | 'yellow';

export const ANOMALY_COLORS: Readonly<Record<AnomalyColor, Color>> = {
  red: [214, 24, 36],
  blue: [20, 84, 232],
  yellow: [255, 204, 0],
};

/** Opacity at the threshold, so that what is just above it is seen, and where the color is full. */
const OPACITY = [0.3, 0.66] as const;

/** Opacity of an anomaly, rising most just above the threshold: levels there are what people ask about. */
export function anomalyOpacity(level: number): number {
  return level < 0 ? 0 : OPACITY[0] + (OPACITY[1] - OPACITY[0]) * Math.sqrt(level);
}

/**
 * What of a map is anomalous, as RGBA with straight alpha, at the map's size: to be laid over the picture. Transparent
 * wherever the map is below the threshold.
 *
 * @throws ImageError when the map's data are not of its size.
 */
export function anomalyPixels(
  map: ScalarMap,
  scale: AnomalyScale,
  color: AnomalyColor = 'red',
): Uint8ClampedArray<ArrayBuffer> {
  requireImage('map', map, 1);
  const [red, green, blue] = ANOMALY_COLORS[color];
  const pixels = new Uint8ClampedArray(map.data.length * 4);
  for (let i = 0, at = 0; i < map.data.length; i++, at += 4) {
    const level = anomalyLevel(scale, map.data[i]!);
    if (level < 0) continue;
    pixels[at] = red;
    pixels[at + 1] = green;
    pixels[at + 2] = blue;
    pixels[at + 3] = Math.round(255 * anomalyOpacity(level));
  }
  return pixels;
}

/**
 * The image with what is anomalous in color, at the image's size; a map of another size is resampled to it. An image
 * whose map stays below the threshold comes back as it is.
 *
 * @throws ImageError when image or map have data of another size than they say.
 */
export function markAnomalies(
  image: RgbImage,
  map: ScalarMap,
  scale: AnomalyScale,
  color: AnomalyColor = 'red',
): RgbImage {
  requireImage('image', image, 3);
  const resized = resizeMap(map, image.width, image.height);
  const rgb = ANOMALY_COLORS[color];
  const data = image.data.slice();
  for (let i = 0; i < resized.data.length; i++) {
    const alpha = anomalyOpacity(anomalyLevel(scale, resized.data[i]!));
    if (alpha === 0) continue;
    for (let c = 0; c < 3; c++) {
      const at = i * 3 + c;
      data[at] = Math.round(data[at]! + alpha * (rgb[c]! - data[at]!));
    }
  }
  return { width: image.width, height: image.height, data };
}
