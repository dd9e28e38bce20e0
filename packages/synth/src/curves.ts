// ECMAScript leaves the last bits of Math.sin, Math.exp and Math.pow to the engine. The curves here use only
// operations that IEEE 754 rounds exactly (+ - * / and the square root), so that no pixel depends on the engine.

/** `value` limited to [0, 1]. */
export function clamp01(value: number): number {
  return Math.min(1, Math.max(0, value));
}

/** From `a` (t = 0) to `b` (t = 1). */
export function mix(a: number, b: number, t: number): number {
  return a + (b - a) * t;
}

/** 0 at and below `low`, 1 at and above `high`, a cubic Hermite curve between. `low` may be above `high`. */
export function smoothstep(low: number, high: number, value: number): number {
  const t = clamp01((value - low) / (high - low));
  return t * t * (3 - 2 * t);
}

/** A bell of height 1 at 0 that reaches 0 with zero slope at a distance of 1: (1 - x²)². */
export function bell(x: number): number {
  const q = 1 - x * x;
  return q > 0 ? q * q : 0;
}

/** sin(2π · turns) to within 0.0011: a parabola, corrected once by its own square. */
export function sineOfTurns(turns: number): number {
  const t = turns - Math.floor(turns + 0.5);
  const parabola = 8 * t - 16 * t * Math.abs(t);
  return parabola + 0.225 * (parabola * Math.abs(parabola) - parabola);
}

/** The unit vector that points `turns` of a full turn from the x axis towards the y axis. */
export function direction(turns: number): { x: number; y: number } {
  const x = sineOfTurns(turns + 0.25);
  const y = sineOfTurns(turns);
  const length = Math.sqrt(x * x + y * y);
  return { x: x / length, y: y / length };
}
