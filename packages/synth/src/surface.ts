import type { Rgb } from './color.js';
import { mix } from './curves.js';

/** The picture's grid. One world unit is 1/256 of the shorter side, so that things look alike at every size. */
export interface Frame {
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** Pixels per world unit. */
  readonly unit: number;
}

/** Rows of a picture from `first` to `last` - 1. */
export interface Rows {
  readonly first: number;
  readonly last: number;
}

/** What lies under the lens, before light falls on it: one value per pixel, row-major. */
export interface Surface extends Frame {
  /** Share of the light that is scattered, 3 per pixel, linear. */
  readonly albedo: Float32Array;
  /** Height above the mean plane, world units. */
  readonly relief: Float32Array;
  /** Strength of the mirror-like reflection, 0 to about 1. */
  readonly gloss: Float32Array;
}

export function createFrame(width: number, height: number): Frame {
  return { width, height, unit: Math.min(width, height) / 256 };
}

export function createSurface({ width, height, unit }: Frame): Surface {
  const pixels = width * height;
  return {
    width,
    height,
    unit,
    albedo: new Float32Array(pixels * 3),
    relief: new Float32Array(pixels),
    gloss: new Float32Array(pixels),
  };
}

export function copySurface(surface: Surface): Surface {
  return {
    ...surface,
    albedo: surface.albedo.slice(),
    relief: surface.relief.slice(),
    gloss: surface.gloss.slice(),
  };
}

/** The rows between the first and the last difference of two surfaces of one size. */
export function differingRows(a: Surface, b: Surface): Rows {
  const pixels = a.width * a.height;
  const differs = (pixel: number): boolean =>
    a.relief[pixel] !== b.relief[pixel] ||
    a.gloss[pixel] !== b.gloss[pixel] ||
    a.albedo[pixel * 3] !== b.albedo[pixel * 3] ||
    a.albedo[pixel * 3 + 1] !== b.albedo[pixel * 3 + 1] ||
    a.albedo[pixel * 3 + 2] !== b.albedo[pixel * 3 + 2];
  let first = 0;
  while (first < pixels && !differs(first)) first++;
  let last = pixels;
  while (last > first && !differs(last - 1)) last--;
  return { first: Math.floor(first / a.width), last: Math.ceil(last / a.width) };
}

/** Sets a pixel's albedo to `rgb * factor`. */
export function setAlbedo({ albedo }: Surface, index: number, rgb: Rgb, factor: number): void {
  albedo[index * 3] = rgb[0] * factor;
  albedo[index * 3 + 1] = rgb[1] * factor;
  albedo[index * 3 + 2] = rgb[2] * factor;
}

/** Covers a pixel with `rgb`: `opacity` 0 leaves it, 1 replaces it. */
export function coverAlbedo({ albedo }: Surface, index: number, rgb: Rgb, opacity: number): void {
  for (let channel = 0; channel < 3; channel++) {
    const at = index * 3 + channel;
    albedo[at] = mix(albedo[at]!, rgb[channel]!, opacity);
  }
}

/** Filters a pixel's albedo through `tint`: `strength` 0 leaves it, 1 multiplies it by the tint. */
export function tintAlbedo({ albedo }: Surface, index: number, tint: Rgb, strength: number): void {
  for (let channel = 0; channel < 3; channel++) {
    albedo[index * 3 + channel]! *= mix(1, tint[channel]!, strength);
  }
}
