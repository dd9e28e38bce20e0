import type { Random } from './random.js';
import type { Frame } from './surface.js';

/** How the product lies under the camera: a similarity between pixels and the product's own coordinates. */
export interface Pose {
  readonly cosine: number;
  readonly sine: number;
  /** Pixels per world unit along the product, the frame's unit times the zoom. */
  readonly scale: number;
  /** Shift of the product, world units. */
  readonly dx: number;
  readonly dy: number;
}

/** How far good images may differ in pose. */
export interface PoseTolerance {
  /** Largest rotation, as its tangent (0.02 is about 1.1 degrees). */
  readonly tilt: number;
  /** Largest shift along each axis, world units. */
  readonly shift: number;
  /** Largest relative change of distance to the camera. */
  readonly zoom: number;
}

export function drawPose(random: Random, frame: Frame, { tilt, shift, zoom }: PoseTolerance): Pose {
  const tangent = random.uniform(-tilt, tilt);
  const cosine = 1 / Math.sqrt(1 + tangent * tangent);
  return {
    cosine,
    sine: tangent * cosine,
    scale: frame.unit * random.uniform(1 - zoom, 1 + zoom),
    dx: random.uniform(-shift, shift),
    dy: random.uniform(-shift, shift),
  };
}

/** Calls `visit` for each pixel with its row-major index and its place on the product (world units, 0 = center). */
export function visitProduct(
  frame: Frame,
  pose: Pose,
  visit: (index: number, x: number, y: number) => void,
): void {
  const { width, height } = frame;
  const stepX = pose.cosine / pose.scale;
  const stepY = pose.sine / pose.scale;
  for (let row = 0; row < height; row++) {
    const v = row + 0.5 - height / 2;
    for (let column = 0; column < width; column++) {
      const u = column + 0.5 - width / 2;
      visit(row * width + column, u * stepX - v * stepY + pose.dx, u * stepY + v * stepX + pose.dy);
    }
  }
}

/** The pixel (not rounded) at which a place on the product is seen. */
export function toPixel(frame: Frame, pose: Pose, x: number, y: number): { x: number; y: number } {
  const u = (x - pose.dx) * pose.scale;
  const v = (y - pose.dy) * pose.scale;
  return {
    x: u * pose.cosine + v * pose.sine + frame.width / 2 - 0.5,
    y: v * pose.cosine - u * pose.sine + frame.height / 2 - 0.5,
  };
}
