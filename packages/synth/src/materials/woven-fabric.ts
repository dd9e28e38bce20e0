import { color } from '../color.js';
import { mix, sineOfTurns, smoothstep } from '../curves.js';
import { latticeHash, valueNoise } from '../lattice-noise.js';
import { visitProduct } from '../pose.js';
import { setAlbedo } from '../surface.js';
import type { Fault, Material } from './material.js';

const warpYarn = color(0x3f5878);
const weftYarn = color(0x9aa4ad);
const shadow = color(0x11151b);
/** Threads per world unit. */
const density = 1 / 8;

/** Threads that are not there, from `from` to `to` along their length. */
interface MissingThread {
  along: 'warp' | 'weft';
  first: number;
  last: number;
  from: number;
  to: number;
}

/** Plain weave of indigo warp (along y) and pale weft (along x), eight world units from thread to thread. */
export const wovenFabric: Material = {
  finish: { polish: 2, sparkle: 0.03, glare: 0, glareSize: [1, 1], bend: 0 },
  tolerance: { tilt: 0.03, shift: 8, zoom: 0.01 },
  look: {
    bare: color(0xc9d0d6),
    inside: color(0x07080a),
    rim: color(0xaab2ba),
    stains: [color(0x9a6a3c), color(0x98504c), color(0x4c4d52)],
    films: [color(0xd9d6cc)],
    foreign: [color(0xf2efe6), color(0xb3261e), color(0x141416), color(0xd8b23a)],
    ragged: 0.7,
    dentDepth: 4,
  },
  paint(surface, { pose, seed }, fault) {
    const missing = fault === undefined ? undefined : drawMissingThread(fault);
    visitProduct(surface, pose, (index, worldX, worldY) => {
      // Threads wander a little: each by its own noise, slowly along its length.
      const x = worldX * density + 0.13 * valueNoise(seed, worldX * 0.04, worldY * 0.015);
      const y = worldY * density + 0.13 * valueNoise(seed + 1, worldX * 0.015, worldY * 0.04);
      const i = Math.floor(x);
      const j = Math.floor(y);
      const warpGone = missing?.along === 'warp' ? absence(missing, i, y) : 0;
      const weftGone = missing?.along === 'weft' ? absence(missing, j, x) : 0;
      const a = x - i - 0.5;
      const b = y - j - 0.5;
      // Without the threads that cross it a yarn is not pressed flat, hence thinner, and gaps open.
      const warpWidth = (0.47 + 0.05 * valueNoise(seed + 2, i * 7.3, worldY * 0.04)) * (1 - 0.28 * weftGone);
      const weftWidth = (0.45 + 0.06 * valueNoise(seed + 3, worldX * 0.04, j * 7.3)) * (1 - 0.28 * warpGone);
      const warpRound = profile(a / warpWidth);
      const weftRound = profile(b / weftWidth);
      // Over and under: where the warp is up the weft is down; a thread whose partner is gone lies flat.
      const warpHeight = warpRound - 1 + 0.62 * sineOfTurns((y + i) / 2) * (1 - weftGone) - 9 * warpGone;
      const weftHeight = weftRound - 1 - 0.62 * sineOfTurns((x + j) / 2) * (1 - warpGone) - 9 * weftGone;
      const warpOnTop = warpHeight > weftHeight;
      const round = warpOnTop ? warpRound : weftRound;
      const height = Math.max(-1.6, warpOnTop ? warpHeight : weftHeight);
      const across = warpOnTop ? a : b;
      const along = warpOnTop ? y : x;
      const thread = warpOnTop ? i : j;
      // Two plies twisted around each other show as slanted lines on the yarn.
      const twist = sineOfTurns(
        1.6 * along + 0.9 * across + (latticeHash(seed + 4, thread, warpOnTop ? 1 : 0) & 0xff) / 256,
      );
      const fuzz = valueNoise(seed + 5, worldX * 0.7, worldY * 0.7);
      const dye = valueNoise(seed + 6, thread * 3.7, along * 0.18 + (warpOnTop ? 40 : 0));
      const cloud = valueNoise(seed + 7, worldX * 0.012, worldY * 0.012);
      const yarn = warpOnTop ? warpYarn : weftYarn;
      const gap = round <= 0 ? 1 : 0;
      const depth = smoothstep(-1.5, 0.35, height);
      const tone = (0.35 + 0.65 * depth) * (1 + 0.1 * twist + 0.09 * fuzz + 0.1 * dye + 0.05 * cloud);
      setAlbedo(surface, index, gap === 1 ? shadow : yarn, gap === 1 ? 1 : tone);
      surface.relief[index] = 1.9 * height + 0.16 * twist + 0.14 * fuzz;
      surface.gloss[index] = 0.4 * depth;
    });
  },
};

/** 1 where the thread is missing, 0 where it is there, and between the two around its broken ends. */
function absence({ first, last, from, to }: MissingThread, thread: number, place: number): number {
  if (thread < first || thread > last) return 0;
  return smoothstep(from, from + 0.4, place) * smoothstep(to, to - 0.4, place);
}

/** Height of a round thread at `q` half widths from its middle: 1 on top, 0 at the sides and beyond. */
function profile(q: number): number {
  const square = 1 - q * q;
  return square > 0 ? Math.sqrt(square) : 0;
}

function drawMissingThread({ random, severity }: Fault): MissingThread {
  const first = random.integer(-10, 9);
  const length = mix(5, 20, severity) * random.uniform(0.8, 1.2);
  const from = random.uniform(-12, 12 - length);
  const count = severity > 0.75 && random.chance(0.5) ? 2 : 1;
  return { along: random.pick(['warp', 'weft']), first, last: first + count - 1, from, to: from + length };
}
