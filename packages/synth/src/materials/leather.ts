import { type Cell, cellularNoise } from '../cellular-noise.js';
import { color } from '../color.js';
import { smoothstep } from '../curves.js';
import { fractalNoise, valueNoise } from '../lattice-noise.js';
import { visitProduct } from '../pose.js';
import { setAlbedo } from '../surface.js';
import type { Material } from './material.js';

const hide = color(0x97603a);

/** Grained brown leather: pebbles of unequal size with creases between them. */
export const leather: Material = {
  finish: { polish: 4, sparkle: 0.16, glare: 0.05, glareSize: [1.2, 1.2], bend: 0.6 },
  tolerance: { tilt: 0.05, shift: 20, zoom: 0.02 },
  look: {
    bare: color(0xe6c29c),
    inside: color(0x140c08),
    rim: color(0xb98a63),
    stains: [color(0x5c585e), color(0x7c4640), color(0x48628a)],
    films: [color(0xc9c4bc)],
    foreign: [color(0xe8e4da), color(0x1a1a1e), color(0xb9c4d6)],
    ragged: 0.5,
    dentDepth: 9,
  },
  paint(surface, { pose, seed }) {
    const coarse: Cell = { nearest: 0, second: 0, id: 0 };
    visitProduct(surface, pose, (index, x, y) => {
      const warpX = 2.2 * valueNoise(seed, x * 0.06, y * 0.06);
      const warpY = 2.2 * valueNoise(seed + 1, x * 0.06, y * 0.06);
      cellularNoise(seed + 2, (x + warpX) * 0.15, (y + warpY) * 0.17, 0.9, coarse);
      const crease = smoothstep(0, 0.42, coarse.second - coarse.nearest);
      const swell = fractalNoise(seed + 3, x * 0.02, y * 0.02, 2);
      const skin = valueNoise(seed + 4, x * 0.9, y * 0.9);
      const pebble = 0.9 + 0.1 * (coarse.id / 0xffffffff);
      setAlbedo(surface, index, hide, (0.62 + 0.38 * crease) * pebble * (1 + 0.08 * swell + 0.03 * skin));
      surface.relief[index] = 1.5 * crease + 2.2 * swell + 0.1 * skin;
      surface.gloss[index] = 0.35 + 0.65 * crease;
    });
  },
};
