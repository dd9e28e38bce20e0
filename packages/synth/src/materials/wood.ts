import { color } from '../color.js';
import { smoothstep } from '../curves.js';
import { fractalNoise, latticeHash, valueNoise } from '../lattice-noise.js';
import { visitProduct } from '../pose.js';
import { setAlbedo, tintAlbedo } from '../surface.js';
import type { Material } from './material.js';

const early = color(0xd0a878);
const late = color(0xa5764a);
const lateOverEarly = [late[0] / early[0], late[1] / early[1], late[2] / early[2]] as const;
const pore = color(0x8a6648);

/** A planed oak board, grain along y: growth rings cut at a shallow angle, fibers, and dark pores along them. */
export const wood: Material = {
  finish: { polish: 3, sparkle: 0.05, glare: 0.03, glareSize: [1.3, 1.3], bend: 1 },
  tolerance: { tilt: 0.03, shift: 12, zoom: 0.01 },
  look: {
    bare: color(0xecd3ac),
    inside: color(0x24160c),
    rim: color(0x6d4727),
    stains: [color(0x8d7a78), color(0x9c6a54), color(0x77808f)],
    films: [color(0xe8e6de)],
    foreign: [color(0x222228), color(0xe9e6dd), color(0x7c1f1c)],
    ragged: 0.4,
    dentDepth: 3,
  },
  paint(surface, { pose, seed }) {
    visitProduct(surface, pose, (index, x, y) => {
      const bow = fractalNoise(seed, x * 0.006, y * 0.0035, 2);
      const waver = valueNoise(seed + 1, x * 0.03, y * 0.012);
      const ring = x * 0.05 + 2.6 * bow + 0.16 * waver;
      const year = Math.floor(ring);
      const season = ring - year;
      // Light wood darkens slowly through the year and ends in a sharp dark line; no two years are alike.
      const strength = 0.45 + 0.55 * (latticeHash(seed + 2, year, 0) / 0xffffffff);
      const dark = strength * season * season * (1 - smoothstep(0.9, 1, season));
      const fiber =
        0.6 * valueNoise(seed + 3, x * 0.85, y * 0.03) + 0.4 * valueNoise(seed + 4, x * 1.7, y * 0.09);
      const cloud = valueNoise(seed + 5, x * 0.012, y * 0.006);
      const tone = 1 + 0.09 * fiber + 0.07 * cloud;
      setAlbedo(surface, index, early, tone);
      tintAlbedo(surface, index, lateOverEarly, dark);
      const pores = valueNoise(seed + 6, x * 1.15 + 0.6 * waver, y * 0.085 + 0.37 * Math.floor(x * 1.15));
      const open = smoothstep(0.3, 0.9, pores) * (1 - 0.75 * season);
      tintAlbedo(surface, index, pore, 0.6 * open);
      surface.relief[index] = 0.12 * fiber - 0.3 * open;
      surface.gloss[index] = 0.6 - 0.4 * open;
    });
  },
};
