import { color } from '../color.js';
import { fractalNoise, valueNoise } from '../lattice-noise.js';
import { visitProduct } from '../pose.js';
import { setAlbedo } from '../surface.js';
import type { Material } from './material.js';

const steel = color(0xa2a5aa);

/** Stainless steel sheet, brushed along x: fine streaks of unequal length, and a highlight spread across them. */
export const brushedMetal: Material = {
  finish: { polish: 4, sparkle: 0.1, glare: 0.3, glareSize: [0.75, 2.4], bend: 3 },
  tolerance: { tilt: 0.035, shift: 8, zoom: 0.01 },
  look: {
    bare: color(0xe9ebee),
    inside: color(0x17171a),
    rim: color(0xc9cbce),
    stains: [color(0xb98a5c), color(0x8f8a92), color(0xa6b3a0)],
    films: [color(0xb5a382)],
    foreign: [color(0x1c1d22), color(0x7a2a20), color(0x3a3f6a)],
    ragged: 0.35,
    dentDepth: 3.2,
  },
  paint(surface, { pose, seed }) {
    visitProduct(surface, pose, (index, x, y) => {
      const long = valueNoise(seed, x * 0.004, y * 0.9);
      const middle = valueNoise(seed + 1, x * 0.013, y * 0.42);
      const short = valueNoise(seed + 2, x * 0.05, y * 1.3);
      const cloud = fractalNoise(seed + 3, x * 0.011, y * 0.011, 2);
      const streak = 0.45 * long + 0.3 * middle + 0.25 * short;
      setAlbedo(surface, index, steel, 1 + 0.2 * streak + 0.05 * cloud);
      surface.gloss[index] = 0.55 + 0.35 * streak;
      surface.relief[index] = 0.1 * middle + 0.05 * short;
    });
  },
};
