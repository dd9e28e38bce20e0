import type { RgbImage } from '@cflow/spec';
import { type AxisFilter, WEIGHT_BITS } from './triangle-filter.js';

/** Where a pass writes: interleaved pixels are 3 and 1 apart, planes 1 and `width * height`. */
export interface PassTarget {
  data: Uint8Array;
  offset: number;
  pixelStep: number;
  channelStep: number;
}

const SHIFT = WEIGHT_BITS;
const HALF = 1 << (SHIFT - 1);

// Sums stay below 2^31: weights add up to 2^22 but for rounding, which even at the largest reduction is 3 %.
// They are never negative; rounding may carry the brightest sum past 255, hence the one-sided clip.

/** Resamples every row of interleaved RGB. `filter` is from `image.width` to the new width. */
export function resampleHorizontally(
  image: RgbImage,
  filter: AxisFilter<Int32Array>,
  { data: out, offset, pixelStep, channelStep }: PassTarget,
): void {
  const { data: pixels, width, height } = image;
  const { size, stride, starts, counts, weights } = filter;
  let at = offset;
  for (let y = 0; y < height; y++) {
    const row = y * width * 3;
    for (let x = 0; x < size; x++) {
      let from = row + starts[x]! * 3;
      let weight = x * stride;
      const end = weight + counts[x]!;
      let red = HALF;
      let green = HALF;
      let blue = HALF;
      for (; weight < end; weight++, from += 3) {
        const w = weights[weight]!;
        red = (red + Math.imul(pixels[from]!, w)) | 0;
        green = (green + Math.imul(pixels[from + 1]!, w)) | 0;
        blue = (blue + Math.imul(pixels[from + 2]!, w)) | 0;
      }
      red >>= SHIFT;
      green >>= SHIFT;
      blue >>= SHIFT;
      out[at] = Math.min(red, 255);
      out[at + channelStep] = Math.min(green, 255);
      out[at + 2 * channelStep] = Math.min(blue, 255);
      at += pixelStep;
    }
  }
}

/** Resamples every column of interleaved RGB. `filter` is from `image.height` to the new height. */
export function resampleVertically(
  image: RgbImage,
  filter: AxisFilter<Int32Array>,
  { data: out, offset, pixelStep, channelStep }: PassTarget,
): void {
  const { size, stride, starts, counts, weights } = filter;
  const length = image.width * 3;
  const sums = new Int32Array(length);
  let at = offset;
  for (let y = 0; y < size; y++) {
    sums.fill(HALF);
    addRows(sums, image.data, starts[y]! * length, weights, y * stride, counts[y]!);
    for (let i = 0; i < length; i += 3) {
      const red = sums[i]! >> SHIFT;
      const green = sums[i + 1]! >> SHIFT;
      const blue = sums[i + 2]! >> SHIFT;
      out[at] = Math.min(red, 255);
      out[at + channelStep] = Math.min(green, 255);
      out[at + 2 * channelStep] = Math.min(blue, 255);
      at += pixelStep;
    }
  }
}

/** Adds `count` weighted rows from `from` on to the sums. Four and two rows at a time, to touch the sums less. */
function addRows(
  sums: Int32Array,
  pixels: Uint8Array,
  from: number,
  weights: Int32Array,
  weight: number,
  count: number,
): void {
  const length = sums.length;
  let a = from;
  let k = weight;
  let left = count;
  for (; left >= 4; left -= 4, k += 4, a += 4 * length) {
    const b = a + length;
    const c = b + length;
    const d = c + length;
    const wa = weights[k]!;
    const wb = weights[k + 1]!;
    const wc = weights[k + 2]!;
    const wd = weights[k + 3]!;
    for (let i = 0; i < length; i++) {
      sums[i] =
        (sums[i]! +
          Math.imul(pixels[a + i]!, wa) +
          Math.imul(pixels[b + i]!, wb) +
          Math.imul(pixels[c + i]!, wc) +
          Math.imul(pixels[d + i]!, wd)) |
        0;
    }
  }
  for (; left >= 2; left -= 2, k += 2, a += 2 * length) {
    const b = a + length;
    const wa = weights[k]!;
    const wb = weights[k + 1]!;
    for (let i = 0; i < length; i++) {
      sums[i] = (sums[i]! + Math.imul(pixels[a + i]!, wa) + Math.imul(pixels[b + i]!, wb)) | 0;
    }
  }
  if (left > 0) {
    const wa = weights[k]!;
    for (let i = 0; i < length; i++) sums[i] = (sums[i]! + Math.imul(pixels[a + i]!, wa)) | 0;
  }
}
