import type { Surface } from '../surface.js';

/** A line of pixels (not rounded), point after point. */
export type Stroke = readonly { readonly x: number; readonly y: number }[];

/** A quadratic Bézier curve from `from` to `to`, drawn towards `over`, as `pieces` straight pieces. */
export function curve(from: Stroke[0], over: Stroke[0], to: Stroke[0], pieces: number): Stroke {
  return Array.from({ length: pieces + 1 }, (_, piece) => {
    const t = piece / pieces;
    const [a, b, c] = [(1 - t) * (1 - t), 2 * t * (1 - t), t * t];
    return { x: a * from.x + b * over.x + c * to.x, y: a * from.y + b * over.y + c * to.y };
  });
}

/**
 * Calls `paint` once for each pixel nearer than `reach` pixels to the stroke, with the distance (pixels, positive on
 * the right of the direction of travel) and how far along the stroke it lies (0 to 1, by pieces).
 */
export function visitStroke(
  { width, height }: Surface,
  stroke: Stroke,
  reach: number,
  paint: (index: number, signedDistance: number, along: number) => void,
): void {
  const columns = stroke.map(({ x }) => x);
  const rows = stroke.map(({ y }) => y);
  const left = Math.max(0, Math.floor(Math.min(...columns) - reach));
  const right = Math.min(width - 1, Math.ceil(Math.max(...columns) + reach));
  const top = Math.max(0, Math.floor(Math.min(...rows) - reach));
  const bottom = Math.min(height - 1, Math.ceil(Math.max(...rows) + reach));
  const span = right - left + 1;
  if (span <= 0 || bottom < top) return;
  const nearest = new Float64Array(span * (bottom - top + 1)).fill(reach);
  const signed = new Float32Array(nearest.length);
  const place = new Float32Array(nearest.length);
  const pieces = stroke.length - 1;
  for (let piece = 0; piece < pieces; piece++) {
    const from = stroke[piece]!;
    const to = stroke[piece + 1]!;
    const spanX = to.x - from.x;
    const spanY = to.y - from.y;
    const squared = Math.max(spanX * spanX + spanY * spanY, 1e-12);
    const firstRow = Math.max(top, Math.floor(Math.min(from.y, to.y) - reach));
    const lastRow = Math.min(bottom, Math.ceil(Math.max(from.y, to.y) + reach));
    const firstColumn = Math.max(left, Math.floor(Math.min(from.x, to.x) - reach));
    const lastColumn = Math.min(right, Math.ceil(Math.max(from.x, to.x) + reach));
    for (let row = firstRow; row <= lastRow; row++) {
      for (let column = firstColumn; column <= lastColumn; column++) {
        const dx = column - from.x;
        const dy = row - from.y;
        const t = Math.min(1, Math.max(0, (dx * spanX + dy * spanY) / squared));
        const offX = dx - t * spanX;
        const offY = dy - t * spanY;
        const distance = Math.sqrt(offX * offX + offY * offY);
        const at = (row - top) * span + column - left;
        if (distance >= nearest[at]!) continue;
        nearest[at] = distance;
        signed[at] = spanX * dy - spanY * dx < 0 ? -distance : distance;
        place[at] = (piece + t) / pieces;
      }
    }
  }
  for (let at = 0; at < nearest.length; at++) {
    if (nearest[at]! >= reach) continue;
    const row = top + Math.floor(at / span);
    paint(row * width + left + (at % span), signed[at]!, place[at]!);
  }
}
