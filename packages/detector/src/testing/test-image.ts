import type { RgbImage } from '@cflow/spec';

/** A picture with slopes and noise of its own for every seed. */
export function testImage(seed: number, width = 64, height = 64): RgbImage {
  const data = new Uint8Array(3 * width * height);
  let state = seed + 1;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const pixel = Math.floor(i / 3);
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    data[i] =
      90 + 40 * Math.sin((x + seed * 7) / 9) + 40 * Math.cos((y * (1 + (seed % 3))) / 13) + (state >>> 27);
  }
  return { width, height, data };
}

export const testImages = (count: number, first = 0): RgbImage[] =>
  Array.from({ length: count }, (_, i) => testImage(first + i));
