import { ImageError, type RgbImage, type ScalarMap } from '@cflow/spec';

/** Source pixels that make up one target pixel, along one axis. */
interface Taps {
  first: Int32Array;
  weights: Float32Array;
  perPixel: number;
}

// The triangle filter: bilinear when enlarging, widened to cover all source pixels when shrinking.
function taps(from: number, to: number): Taps {
  const scale = from / to;
  const radius = Math.max(1, scale);
  const perPixel = Math.ceil(radius) * 2 + 1;
  const first = new Int32Array(to);
  const weights = new Float32Array(to * perPixel);
  for (let i = 0; i < to; i++) {
    const center = (i + 0.5) * scale;
    const begin = Math.max(0, Math.floor(center - radius));
    const end = Math.min(from, Math.ceil(center + radius), begin + perPixel);
    let total = 0;
    for (let j = begin; j < end; j++) total += Math.max(0, 1 - Math.abs(j + 0.5 - center) / radius);
    for (let j = begin; j < end; j++) {
      weights[i * perPixel + j - begin] = Math.max(0, 1 - Math.abs(j + 0.5 - center) / radius) / total;
    }
    first[i] = begin;
  }
  return { first, weights, perPixel };
}

/** Resamples interleaved rows, `height * width * channels`, first along x, then along y. Pixel centers at +0.5. */
function resample(
  data: Uint8Array | Float32Array,
  [width, height]: readonly [number, number],
  [toWidth, toHeight]: readonly [number, number],
  channels: number,
): Float32Array {
  const horizontal = taps(width, toWidth);
  const rows = new Float32Array(height * toWidth * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < toWidth; x++) {
      const first = horizontal.first[x]!;
      const count = Math.min(horizontal.perPixel, width - first);
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let k = 0; k < count; k++) {
          const weight = horizontal.weights[x * horizontal.perPixel + k]!;
          // A weight of zero must not let a NaN in.
          if (weight > 0) sum += weight * data[(y * width + first + k) * channels + c]!;
        }
        rows[(y * toWidth + x) * channels + c] = sum;
      }
    }
  }
  const vertical = taps(height, toHeight);
  const out = new Float32Array(toHeight * toWidth * channels);
  const stride = toWidth * channels;
  for (let y = 0; y < toHeight; y++) {
    for (let k = 0; k < vertical.perPixel; k++) {
      const weight = vertical.weights[y * vertical.perPixel + k]!;
      if (weight === 0) continue;
      const source = (vertical.first[y]! + k) * stride;
      for (let i = 0; i < stride; i++) out[y * stride + i]! += weight * rows[source + i]!;
    }
  }
  return out;
}

/** The map at `width` x `height`, by antialiased bilinear resampling. The map itself when it has that size. */
export function resizeMap(map: ScalarMap, width: number, height: number): ScalarMap {
  requireImage('map', map, 1);
  if (map.width === width && map.height === height) return map;
  return { width, height, data: resample(map.data, [map.width, map.height], [width, height], 1) };
}

/** The image at `width` x `height`, by antialiased bilinear resampling. The image itself when it has that size. */
export function resizeImage(image: RgbImage, width: number, height: number): RgbImage {
  requireImage('image', image, 3);
  if (image.width === width && image.height === height) return image;
  const data = resample(image.data, [image.width, image.height], [width, height], 3);
  return { width, height, data: Uint8Array.from(data, (value) => Math.min(255, Math.round(value))) };
}

/** @throws ImageError unless the sides are whole numbers of at least 1 and the data have `height * width * channels` values. */
export function requireImage(
  what: string,
  { width, height, data }: { width: number; height: number; data: ArrayLike<number> },
  channels: number,
): void {
  const sides = Number.isInteger(width) && Number.isInteger(height) && width >= 1 && height >= 1;
  if (!sides || data.length !== width * height * channels) {
    throw new ImageError(
      `expected a ${what} of at least 1x1 pixels with width * height * ${channels} values, ` +
        `got ${width}x${height} with ${data.length} values`,
      { details: { width, height, values: data.length } },
    );
  }
}
