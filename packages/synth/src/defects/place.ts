import type { Random } from '../random.js';
import type { Frame } from '../surface.js';

/** A random pixel (not rounded) at least `margin` world units from the picture's edge. */
export function drawPlace(
  random: Random,
  { width, height, unit }: Frame,
  margin: number,
): { x: number; y: number } {
  const inset = margin * unit;
  return { x: random.uniform(inset, width - inset), y: random.uniform(inset, height - inset) };
}
