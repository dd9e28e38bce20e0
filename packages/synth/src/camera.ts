import { clamp01 } from './curves.js';
import { latticeHash } from './lattice-noise.js';
import type { Random } from './random.js';
import type { Frame, Rows } from './surface.js';

/** One camera, as it was for one exposure. */
export interface Camera {
  /** Share of light that the lens leaks to each of the two neighbors along an axis. */
  readonly blur: number;
  /** Loss of light in the corners, relative. */
  readonly vignetting: number;
  /** Standard deviation of the noise that the channels share, and of each channel's own, gray levels. */
  readonly luminanceNoise: number;
  readonly channelNoise: number;
  readonly noiseSeed: number;
}

export function drawCamera(random: Random): Camera {
  return {
    blur: random.uniform(0.07, 0.13),
    vignetting: random.uniform(0.16, 0.24),
    luminanceNoise: random.uniform(1.1, 1.6),
    channelNoise: random.uniform(0.8, 1.2),
    noiseSeed: random.integer(0, 0x7fffffff),
  };
}

/**
 * Writes the 8-bit picture of `light` (linear, 3 values per pixel) for the rows `first` to `last` - 1 to `output`:
 * lens blur, vignetting, gamma 2, sensor noise.
 */
export function expose(
  light: Float32Array,
  { width, height }: Frame,
  camera: Camera,
  { first, last }: Rows,
  output: Uint8Array,
): void {
  const blurred = new Float32Array(width * 3);
  for (let row = first; row < last; row++) {
    blurRow(light, width, height, row, camera.blur, blurred);
    const v = (2 * row + 1) / height - 1;
    for (let column = 0; column < width; column++) {
      const u = (2 * column + 1) / width - 1;
      const falloff = 1 - camera.vignetting * 0.5 * (u * u + v * v);
      const bits = latticeHash(camera.noiseSeed, column, row);
      const shared = camera.luminanceNoise * bellNoise(bits);
      let own = latticeHash(bits, row, column);
      for (let channel = 0; channel < 3; channel++) {
        const at = column * 3 + channel;
        // Photon noise grows as the root of the light, and so does gamma 2: here it is the same at every level.
        const noise = shared + camera.channelNoise * flatNoise(own & 0x3ff);
        own >>>= 10;
        const level = 255 * Math.sqrt(clamp01(blurred[at]! * falloff)) + noise;
        output[row * width * 3 + at] = level <= 0 ? 0 : level >= 255 ? 255 : Math.floor(level + 0.5);
      }
    }
  }
}

/** Nearly normal noise of variance 1 from 32 random bits: the sum of four bytes, shifted and scaled. */
function bellNoise(bits: number): number {
  const sum = (bits & 0xff) + ((bits >>> 8) & 0xff) + ((bits >>> 16) & 0xff) + (bits >>> 24);
  return (sum - 510) / 147.8;
}

/** Uniform noise of variance 1 from 10 random bits. */
function flatNoise(bits: number): number {
  return (bits - 511.5) / 295.6;
}

/** One row of the blurred picture: three taps across rows, then three along the row. */
function blurRow(
  light: Float32Array,
  width: number,
  height: number,
  row: number,
  side: number,
  output: Float32Array,
): void {
  const center = 1 - 2 * side;
  const stride = width * 3;
  const above = row > 0 ? -stride : 0;
  const below = row < height - 1 ? stride : 0;
  const column = (at: number): number =>
    center * light[at]! + side * (light[at + above]! + light[at + below]!);
  for (let channel = 0; channel < 3; channel++) {
    let at = row * stride + channel;
    let here = column(at);
    let left = here;
    for (let offset = channel; offset < stride; offset += 3) {
      at += 3;
      const right = offset + 3 < stride ? column(at) : here;
      output[offset] = center * here + side * (left + right);
      left = here;
      here = right;
    }
  }
}
