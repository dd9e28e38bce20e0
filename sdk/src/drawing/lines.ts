import { contours } from '@cflow/visual';
import type { AnomalyMap, Region, Size } from '../detector.js';
import type { CanvasContext } from './canvas-context.js';

/** How lines look. */
export interface LineStyle {
  /** Any CSS color. Default white. */
  color?: string | undefined;
  /** In pixels of the canvas. Default 1.5 for contours, 1 for regions. */
  lineWidth?: number | undefined;
}

/** Draws lines around the parts of the map at or above `threshold`, the map stretched to the whole canvas. */
export function drawContours(
  context: CanvasContext,
  map: AnomalyMap,
  threshold: number,
  { color = 'white', lineWidth = 1.5 }: LineStyle = {},
): void {
  const x = context.canvas.width / map.width;
  const y = context.canvas.height / map.height;
  context.save();
  context.strokeStyle = color;
  context.lineWidth = lineWidth;
  context.lineJoin = 'round';
  context.beginPath();
  for (const ring of contours(map, threshold)) {
    ring.forEach(([atX, atY], i) => {
      if (i === 0) context.moveTo(atX * x, atY * y);
      else context.lineTo(atX * x, atY * y);
    });
    context.closePath();
  }
  context.stroke();
  context.restore();
}

/** Draws a frame just outside the box of each region. `original` is the size of the image that they lie in: that of the prediction. */
export function drawRegions(
  context: CanvasContext,
  regions: readonly Pick<Region, 'box'>[],
  original: Size,
  { color = 'white', lineWidth = 1 }: LineStyle = {},
): void {
  const x = context.canvas.width / original.width;
  const y = context.canvas.height / original.height;
  context.save();
  context.strokeStyle = color;
  context.lineWidth = lineWidth;
  for (const { box } of regions) {
    context.strokeRect(
      Math.round(box.x * x) - lineWidth / 2,
      Math.round(box.y * y) - lineWidth / 2,
      Math.round(box.width * x) + lineWidth,
      Math.round(box.height * y) + lineWidth,
    );
  }
  context.restore();
}
