/** Linear light, red, green and blue, each 0 (black) to 1 (white). */
export type Rgb = readonly [number, number, number];

/** The linear light of a screen color `0xRRGGBB`, for a display curve of gamma 2 (a square, hence exact). */
export function color(hex: number): Rgb {
  const r = ((hex >>> 16) & 0xff) / 255;
  const g = ((hex >>> 8) & 0xff) / 255;
  const b = (hex & 0xff) / 255;
  return [r * r, g * g, b * b];
}
