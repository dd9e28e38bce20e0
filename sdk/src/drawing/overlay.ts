import { overlay } from '@cflow/visual';
import type { AnomalyMap } from '../detector.js';
import type { RgbaPixels } from '../image.js';
import type { CanvasContext } from './canvas-context.js';
import { type ColorScale, heatMapPixels } from './heat-map.js';

export interface OverlayOptions extends ColorScale {
  /** Opacity of the colors, 0 to 1. Default 0.6. */
  opacity?: number | undefined;
  /** Whether the opacity rises with the value, so that the image stays visible where nothing is wrong. Default true. */
  fade?: boolean | undefined;
  /** Values below it leave the image as it is. Default: none. */
  threshold?: number | undefined;
}

/** The map in false colors over an image, at the image's size: pixel for pixel what the service draws. */
export function overlayPixels(image: RgbaPixels, map: AnomalyMap, options: OverlayOptions = {}): ImageData {
  const { width, height, data } = image;
  const rgb = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; to < rgb.length; from += 4, to += 3) {
    rgb[to] = data[from]!;
    rgb[to + 1] = data[from + 1]!;
    rgb[to + 2] = data[from + 2]!;
  }
  const blended = overlay({ width, height, data: rgb }, map, { min: 0, ...options }).data;
  const rgba = new Uint8ClampedArray(data);
  for (let from = 0, to = 0; from < blended.length; from += 3, to += 4) {
    rgba[to] = blended[from]!;
    rgba[to + 1] = blended[from + 1]!;
    rgba[to + 2] = blended[from + 2]!;
  }
  return new ImageData(rgba, width, height);
}

/** Lays the map over what is on the canvas, which is taken for the image: the map is stretched to all of it. */
export function drawOverlay(context: CanvasContext, map: AnomalyMap, options: OverlayOptions = {}): void {
  const { width, height } = context.canvas;
  context.putImageData(overlayPixels(context.getImageData(0, 0, width, height), map, options), 0, 0);
}

/** Fills the canvas with the map in false colors, smoothed as the browser does it: quick enough for every frame. */
export function drawHeatMap(context: CanvasContext, map: AnomalyMap, scale: ColorScale = {}): void {
  const pixels = heatMapPixels(map, scale);
  const layer = new OffscreenCanvas(map.width, map.height);
  layer.getContext('2d')!.putImageData(pixels, 0, 0);
  context.drawImage(layer, 0, 0, context.canvas.width, context.canvas.height);
}
