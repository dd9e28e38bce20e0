import { direction } from '../curves.js';
import { fractalNoise } from '../lattice-noise.js';
import type { Random } from '../random.js';
import type { Surface } from '../surface.js';

/** An irregular spot: an ellipse whose outline noise has moved. */
export interface Blob {
  /** Center, pixels. */
  readonly x: number;
  readonly y: number;
  /** Half axes, pixels. */
  readonly radius: number;
  readonly minor: number;
  /** Unit vector of the longer axis. */
  readonly axis: { readonly x: number; readonly y: number };
  /** How far noise moves the outline, in radii. */
  readonly ragged: number;
  /** Wave length of that noise, in radii. */
  readonly grain: number;
  readonly seed: number;
}

export function drawBlob(
  random: Random,
  center: { x: number; y: number },
  radius: number,
  shape: { roundness: number; ragged: number; grain: number; seed: number },
): Blob {
  return {
    ...center,
    radius,
    minor: radius * random.uniform(shape.roundness, 1),
    axis: direction(random.uniform(0, 1)),
    ragged: shape.ragged,
    grain: shape.grain,
    seed: shape.seed,
  };
}

/** Calls `paint` for each pixel near the blob with its depth: 1 in the center, 0 on the outline, negative outside. */
export function visitBlob(
  { width, height }: Surface,
  blob: Blob,
  margin: number,
  paint: (index: number, depth: number, dx: number, dy: number) => void,
): void {
  const reach = blob.radius * (1 + blob.ragged + margin) + 1;
  const left = Math.max(0, Math.floor(blob.x - reach));
  const right = Math.min(width - 1, Math.ceil(blob.x + reach));
  const top = Math.max(0, Math.floor(blob.y - reach));
  const bottom = Math.min(height - 1, Math.ceil(blob.y + reach));
  for (let row = top; row <= bottom; row++) {
    for (let column = left; column <= right; column++) {
      const dx = column - blob.x;
      const dy = row - blob.y;
      const u = (dx * blob.axis.x + dy * blob.axis.y) / blob.radius;
      const v = (dy * blob.axis.x - dx * blob.axis.y) / blob.minor;
      const moved = blob.ragged * fractalNoise(blob.seed, u / blob.grain, v / blob.grain, 3);
      const depth = 1 - Math.sqrt(u * u + v * v) + moved;
      if (depth > -margin) paint(row * width + column, depth, dx, dy);
    }
  }
}
