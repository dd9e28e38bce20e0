/** A well mixed 32-bit integer for each point of the integer lattice. */
export function latticeHash(seed: number, x: number, y: number): number {
  let hash = (Math.imul(x, 0x27d4eb2d) + Math.imul(y, 0x165667b1)) ^ seed;
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return (hash ^ (hash >>> 15)) >>> 0;
}

const signed = 2 / 0xffffffff;

/** Value noise in [-1, 1], one lattice cell per unit: random values on the lattice, joined by cubic curves. */
export function valueNoise(seed: number, x: number, y: number): number {
  const column = Math.floor(x);
  const row = Math.floor(y);
  const fx = x - column;
  const fy = y - row;
  const u = fx * fx * (3 - 2 * fx);
  const v = fy * fy * (3 - 2 * fy);
  const a = latticeHash(seed, column, row) * signed;
  const b = latticeHash(seed, column + 1, row) * signed;
  const c = latticeHash(seed, column, row + 1) * signed;
  const d = latticeHash(seed, column + 1, row + 1) * signed;
  const top = a + (b - a) * u;
  return top + (c + (d - c) * u - top) * v - 1;
}

/** Sum of octaves of value noise, each at twice the frequency and half the amplitude, scaled to [-1, 1]. */
export function fractalNoise(seed: number, x: number, y: number, octaves: number): number {
  let sum = 0;
  let amplitude = 1;
  let total = 0;
  let frequency = 1;
  for (let octave = 0; octave < octaves; octave++) {
    sum += amplitude * valueNoise(seed + Math.imul(octave, 0x3c6ef372), x * frequency, y * frequency);
    total += amplitude;
    amplitude *= 0.5;
    frequency *= 2;
  }
  return sum / total;
}
