import { color } from '../color.js';
import { direction, mix, smoothstep } from '../curves.js';
import { drawShape, type Facet } from '../draw-shape.js';
import { fractalNoise, latticeHash, valueNoise } from '../lattice-noise.js';
import { type Pose, visitProduct } from '../pose.js';
import { createRandom } from '../random.js';
import { coverAlbedo, type Surface, setAlbedo } from '../surface.js';
import type { Material } from './material.js';

const body = color(0xcfc8bb);
const chips = [color(0x6f675d), color(0xa4937c), color(0xe9e4d9), color(0x8d5d46)] as const;
const grout = color(0x8b8782);

/** Distance between the centers of neighboring tiles, and half the width of a tile: one fits the frame. */
const pitch = 236;
const half = 115;

/** A glazed terrazzo tile with its grout: broken stone of four colors and three sizes under a glossy surface. */
export const ceramicTile: Material = {
  finish: { polish: 6, sparkle: 0.25, glare: 0.12, glareSize: [0.55, 0.4], bend: 1.6 },
  tolerance: { tilt: 0.012, shift: 3, zoom: 0.008 },
  look: {
    bare: color(0x87827a),
    inside: color(0x3a302a),
    rim: color(0xb77a55),
    stains: [color(0xb0875c), color(0x8d99a6), color(0xa5a080)],
    films: [],
    foreign: [color(0x1b1b1f), color(0x8a1f1b), color(0x29406b)],
    ragged: 0.45,
    dentDepth: 2.5,
  },
  paint(surface, { pose, seed }) {
    visitProduct(surface, pose, (index, x, y) => {
      setAlbedo(surface, index, body, 1 + 0.05 * fractalNoise(seed, x * 0.02, y * 0.02, 3));
    });
    for (const [size, spacing] of [4, 7, 13].entries()) scatterChips(surface, pose, seed + 1 + size, spacing);
    visitProduct(surface, pose, (index, x, y) => {
      const toEdge = half - Math.max(Math.abs(offset(x)), Math.abs(offset(y)));
      const onTile = smoothstep(-0.8, 0.8, toEdge);
      let joint = 0;
      if (onTile < 1) {
        const sand = valueNoise(seed + 9, x * 0.8, y * 0.8);
        coverAlbedo(surface, index, grout, (1 - onTile) * (1 - 0.06 * sand));
        joint = -2.5 + 0.5 * sand;
      }
      surface.relief[index] = mix(joint, 1.6 * smoothstep(0, 5, toEdge), onTile);
      surface.gloss[index] = mix(0.02, 0.9, onTile);
    });
  },
};

/** Throws stones of one size over the picture: one cell in three of a lattice of `spacing` world units holds one. */
function scatterChips(surface: Surface, pose: Pose, seed: number, spacing: number): void {
  const { width, height } = surface;
  const reach = Math.ceil((0.5 * Math.sqrt(width * width + height * height)) / pose.scale / spacing) + 2;
  for (let row = -reach; row <= reach; row++) {
    for (let column = -reach; column <= reach; column++) {
      const hash = latticeHash(seed, column, row);
      if (hash % 3 !== 0) continue;
      const random = createRandom(hash);
      const radius = spacing * random.uniform(0.13, 0.36);
      const turns = random.uniform(0, 1);
      const sides = random.integer(4, 6);
      const facets: Facet[] = [];
      for (let side = 0; side < sides; side++) {
        const outwards = direction(turns + (side + random.uniform(-0.25, 0.25)) / sides);
        facets.push({ nx: outwards.x, ny: outwards.y, distance: radius * random.uniform(0.5, 1) });
      }
      const x = (column + random.uniform(0, 1)) * spacing;
      const y = (row + random.uniform(0, 1)) * spacing;
      const rgb = random.pick(chips);
      const opacity = random.uniform(0.45, 0.95);
      drawShape(surface, pose, { kind: 'facets', x, y, radius, facets }, (index, coverage) => {
        coverAlbedo(surface, index, rgb, coverage * opacity);
      });
    }
  }
}

/** Place along one axis relative to the center of the tile there. */
function offset(place: number): number {
  return place - pitch * Math.floor(place / pitch + 0.5);
}
