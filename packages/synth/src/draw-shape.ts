import { clamp01, smoothstep } from './curves.js';
import { type Pose, toPixel } from './pose.js';
import type { Surface } from './surface.js';

/** A flat shape on the product, world units: a box with rounded corners, a line with round ends, a broken stone. */
export type Shape =
  | { readonly kind: 'box'; x: number; y: number; halfWidth: number; halfHeight: number; round: number }
  | { readonly kind: 'line'; x: number; y: number; toX: number; toY: number; radius: number }
  | { readonly kind: 'facets'; x: number; y: number; radius: number; facets: readonly Facet[] };

/** One straight side of a convex polygon: `nx`, `ny` points outwards, `distance` is how far it lies from the center. */
export interface Facet {
  readonly nx: number;
  readonly ny: number;
  readonly distance: number;
}

export function disc(x: number, y: number, radius: number): Shape {
  return { kind: 'line', x, y, toX: x, toY: y, radius };
}

/**
 * Calls `paint` for each pixel that the shape touches, with the share of the pixel that it covers (0 to 1) and the
 * distance to its outline (world units, negative inside). `soft` widens the edge to that many world units.
 */
export function drawShape(
  surface: Surface,
  pose: Pose,
  shape: Shape,
  paint: (index: number, coverage: number, distance: number) => void,
  soft = 0,
): void {
  const { width, height } = surface;
  const box = bounds(shape, soft + 1 / pose.scale);
  const center = toPixel(surface, pose, (box.left + box.right) / 2, (box.top + box.bottom) / 2);
  const halfX = ((box.right - box.left) / 2) * pose.scale;
  const halfY = ((box.bottom - box.top) / 2) * pose.scale;
  const reachX = halfX * pose.cosine + halfY * Math.abs(pose.sine);
  const reachY = halfY * pose.cosine + halfX * Math.abs(pose.sine);
  const firstColumn = Math.max(0, Math.floor(center.x - reachX));
  const lastColumn = Math.min(width - 1, Math.ceil(center.x + reachX));
  const firstRow = Math.max(0, Math.floor(center.y - reachY));
  const lastRow = Math.min(height - 1, Math.ceil(center.y + reachY));
  for (let row = firstRow; row <= lastRow; row++) {
    const v = (row + 0.5 - height / 2) / pose.scale;
    for (let column = firstColumn; column <= lastColumn; column++) {
      const u = (column + 0.5 - width / 2) / pose.scale;
      const x = u * pose.cosine - v * pose.sine + pose.dx;
      const y = u * pose.sine + v * pose.cosine + pose.dy;
      const distance = signedDistance(shape, x, y);
      const coverage = soft > 0 ? smoothstep(soft, -soft, distance) : clamp01(0.5 - distance * pose.scale);
      if (coverage > 0) paint(row * width + column, coverage, distance);
    }
  }
}

function bounds(shape: Shape, margin: number): { left: number; right: number; top: number; bottom: number } {
  if (shape.kind === 'box') {
    return {
      left: shape.x - shape.halfWidth - margin,
      right: shape.x + shape.halfWidth + margin,
      top: shape.y - shape.halfHeight - margin,
      bottom: shape.y + shape.halfHeight + margin,
    };
  }
  const reach = shape.radius + margin;
  if (shape.kind === 'facets') {
    return { left: shape.x - reach, right: shape.x + reach, top: shape.y - reach, bottom: shape.y + reach };
  }
  return {
    left: Math.min(shape.x, shape.toX) - reach,
    right: Math.max(shape.x, shape.toX) + reach,
    top: Math.min(shape.y, shape.toY) - reach,
    bottom: Math.max(shape.y, shape.toY) + reach,
  };
}

function signedDistance(shape: Shape, x: number, y: number): number {
  if (shape.kind === 'box') {
    const dx = Math.abs(x - shape.x) - shape.halfWidth + shape.round;
    const dy = Math.abs(y - shape.y) - shape.halfHeight + shape.round;
    const outX = Math.max(dx, 0);
    const outY = Math.max(dy, 0);
    return Math.min(Math.max(dx, dy), 0) + Math.sqrt(outX * outX + outY * outY) - shape.round;
  }
  if (shape.kind === 'facets') {
    // The stone ends where its sides meet, or at its radius where they meet too far out.
    let outermost = Math.sqrt((x - shape.x) * (x - shape.x) + (y - shape.y) * (y - shape.y)) - shape.radius;
    for (const { nx, ny, distance } of shape.facets) {
      outermost = Math.max(outermost, (x - shape.x) * nx + (y - shape.y) * ny - distance);
    }
    return outermost;
  }
  const spanX = shape.toX - shape.x;
  const spanY = shape.toY - shape.y;
  const squared = spanX * spanX + spanY * spanY;
  const t = squared > 0 ? clamp01(((x - shape.x) * spanX + (y - shape.y) * spanY) / squared) : 0;
  const dx = x - shape.x - t * spanX;
  const dy = y - shape.y - t * spanY;
  return Math.sqrt(dx * dx + dy * dy) - shape.radius;
}
