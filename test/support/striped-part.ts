import type { RgbImage } from '@cflow/spec';

/** A striped part with noise of its own; a defect is a bright spot across its stripes. */
export function stripedPart(seed: number, defect = false): RgbImage {
  const data = new Uint8Array(64 * 64 * 3);
  let state = seed + 1;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const [x, y] = [Math.floor(i / 3) % 64, Math.floor(i / 192)];
    const inside = defect && (x - 36) ** 2 + (y - 28) ** 2 < 100 && (x + y) % 4 < 2;
    data[i] = inside ? 250 : 120 + 50 * Math.sin(x / 3) + (state >>> 27);
  }
  return { width: 64, height: 64, data };
}
