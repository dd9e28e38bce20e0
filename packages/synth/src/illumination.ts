import type { Random } from './random.js';

/** The lamp: a large soft box above and to the left of the product, never twice in exactly the same place. */
export interface Illumination {
  /** Unit vector towards the lamp; x to the right, y down the picture, z out of it. */
  readonly light: readonly [number, number, number];
  /** Change of brightness from the center to the right and bottom edges, relative. */
  readonly gradient: readonly [number, number];
  /** Where the lamp's mirror image lies, in half widths and half heights from the center. */
  readonly glare: readonly [number, number];
  /** Exposure, and white balance of red and blue against green: factors near 1. */
  readonly exposure: number;
  readonly red: number;
  readonly blue: number;
}

export function drawIllumination(random: Random): Illumination {
  const x = -0.5 + random.uniform(-0.07, 0.07);
  const y = -0.55 + random.uniform(-0.07, 0.07);
  const length = Math.sqrt(x * x + y * y + 1);
  return {
    light: [x / length, y / length, 1 / length],
    gradient: [random.uniform(-0.1, -0.02), random.uniform(-0.12, -0.03)],
    glare: [-0.35 + random.uniform(-0.12, 0.12), -0.45 + random.uniform(-0.12, 0.12)],
    exposure: random.uniform(0.94, 1.06),
    red: random.uniform(0.985, 1.015),
    blue: random.uniform(0.985, 1.015),
  };
}
