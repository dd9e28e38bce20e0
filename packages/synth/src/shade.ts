import { bell } from './curves.js';
import type { Illumination } from './illumination.js';
import type { Rows, Surface } from './surface.js';

/** How a material sends light back. */
export interface Finish {
  /** The highlight's exponent is 2 to this power: 3 is satin, 6 is a polished surface. */
  readonly polish: number;
  /** Weight of the highlights on the relief (Blinn's half-vector model). */
  readonly sparkle: number;
  /** Weight of the lamp's mirror image. */
  readonly glare: number;
  /** Width and height of that image in half pictures; brushed metal spreads it across the grain. */
  readonly glareSize: readonly [number, number];
  /** How far a slope of 1 moves the mirror image, in half pictures. */
  readonly bend: number;
}

const ambient = 0.3;

/**
 * Writes the light that reaches the lens (linear, 3 values per pixel) for the rows `first` to `last` - 1 to `output`:
 * Lambert's law plus the two kinds of highlight.
 */
export function shade(
  surface: Surface,
  finish: Finish,
  lamp: Illumination,
  { first, last }: Rows,
  output: Float32Array,
): void {
  const { width, height, unit, albedo, relief, gloss } = surface;
  const [lx, ly, lz] = lamp.light;
  const halfLength = Math.sqrt(lx * lx + ly * ly + (lz + 1) * (lz + 1));
  const [hx, hy, hz] = [lx / halfLength, ly / halfLength, (lz + 1) / halfLength];
  // A flat surface is to scatter what its albedo says, whatever the lamp's height.
  const direct = (1 - ambient) / lz;
  const { exposure, red, blue } = lamp;
  for (let row = first; row < last; row++) {
    const v = (2 * row + 1) / height - 1;
    const above = row > 0 ? -width : 0;
    const below = row < height - 1 ? width : 0;
    for (let column = 0; column < width; column++) {
      const index = row * width + column;
      const u = (2 * column + 1) / width - 1;
      const left = column > 0 ? -1 : 0;
      const right = column < width - 1 ? 1 : 0;
      const slopeX = (relief[index + right]! - relief[index + left]!) * 0.5 * unit;
      const slopeY = (relief[index + below]! - relief[index + above]!) * 0.5 * unit;
      const nz = 1 / Math.sqrt(1 + slopeX * slopeX + slopeY * slopeY);
      const facing = (lz - slopeX * lx - slopeY * ly) * nz;
      const gradient = 1 + lamp.gradient[0] * u + lamp.gradient[1] * v;
      const diffuse = (ambient + direct * Math.max(0, facing)) * gradient;
      let highlight = Math.max(0, (hz - slopeX * hx - slopeY * hy) * nz);
      for (let square = 0; square < finish.polish; square++) highlight *= highlight;
      const gx = (u - lamp.glare[0] + finish.bend * slopeX) / finish.glareSize[0];
      const gy = (v - lamp.glare[1] + finish.bend * slopeY) / finish.glareSize[1];
      const mirror = bell(gx) * bell(gy);
      const specular = gloss[index]! * (finish.sparkle * highlight + finish.glare * mirror) * gradient;
      const at = index * 3;
      output[at] = (albedo[at]! * diffuse + specular) * exposure * red;
      output[at + 1] = (albedo[at + 1]! * diffuse + specular) * exposure;
      output[at + 2] = (albedo[at + 2]! * diffuse + specular) * exposure * blue;
    }
  }
}
