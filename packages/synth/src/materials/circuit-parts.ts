import { color, type Rgb } from '../color.js';
import { clamp01 } from '../curves.js';
import { disc, drawShape, type Shape } from '../draw-shape.js';
import { latticeHash } from '../lattice-noise.js';
import type { Pose } from '../pose.js';
import { coverAlbedo, type Surface, tintAlbedo } from '../surface.js';
import type { Chip, Package } from './circuit-layout.js';
import { textStrokes } from './stroke-font.js';

const tin = color(0xb4b7b8);
const gold = color(0xcaa24e);
const mould = color(0x26272a);
const ceramic = color(0xb08a62);
const film = color(0x1d1f26);
const marking = color(0x9a9c9c);
const band = color(0xd2d4d2);
const dark = color(0x0a0b0a);
const shadow: Rgb = [0.25, 0.25, 0.28];

/** A plated hole: a golden ring of radius `outer` around a drill of radius `inner`, world units. */
export function drawHole(
  surface: Surface,
  pose: Pose,
  x: number,
  y: number,
  outer: number,
  inner: number,
): void {
  solid(surface, pose, disc(x, y, outer), gold, 0.8, 0.6);
  drawShape(surface, pose, disc(x, y, inner), (index, coverage) => {
    coverAlbedo(surface, index, dark, coverage);
    surface.gloss[index]! *= 1 - coverage;
    surface.relief[index]! -= 1.2 * coverage;
  });
}

/** The two soldered pads of a chip. How much solder lies on them differs a little from board to board. */
export function drawPads(surface: Surface, pose: Pose, chip: Chip, seed: number): void {
  for (const side of [-1, 1]) {
    const hash = latticeHash(seed, Math.floor(chip.x) + 1000 * side, Math.floor(chip.y));
    const amount = 0.8 + 0.6 * ((hash & 0xff) / 0xff);
    solid(surface, pose, part(chip, 7.2 * side, 3.6, 4.6, 1.2), tin, 0.9, amount);
  }
}

export function drawChip(surface: Surface, pose: Pose, chip: Chip): void {
  castShadow(surface, pose, part(chip, 0, 7.2, 4, 0.6));
  const body = chip.kind === 'capacitor' ? ceramic : chip.kind === 'resistor' ? film : mould;
  solid(surface, pose, part(chip, 0, 7.2, 3.8, 0.5), body, 0.35, 1.6);
  if (chip.kind === 'diode') solid(surface, pose, part(chip, -3.4, 0.9, 3.7, 0.2), band, 0.2, 0);
  for (const side of [-1, 1]) solid(surface, pose, part(chip, 6 * side, 1.6, 3.8, 0.5), tin, 0.9, 0.3);
}

export function drawPackage(surface: Surface, pose: Pose, item: Package): void {
  const { x, y, halfWidth, halfHeight, pins, pitch } = item;
  for (const side of [-1, 1]) {
    for (let pin = 0; pin < pins; pin++) {
      const pinX = x + (pin - (pins - 1) / 2) * pitch;
      const pad: Shape = {
        kind: 'box',
        x: pinX,
        y: y + side * (halfHeight + 6),
        halfWidth: 2.3,
        halfHeight: 4.6,
        round: 0.8,
      };
      solid(surface, pose, pad, tin, 0.8, 0.5);
      const lead: Shape = {
        kind: 'box',
        x: pinX,
        y: y + side * (halfHeight + 3),
        halfWidth: 1.3,
        halfHeight: 4.2,
        round: 0.4,
      };
      solid(surface, pose, lead, tin, 1, 0.9);
    }
  }
  const body: Shape = { kind: 'box', x, y, halfWidth, halfHeight, round: 1.2 };
  castShadow(surface, pose, body);
  solid(surface, pose, body, mould, 0.22, 2.4);
  drawShape(surface, pose, disc(x - halfWidth + 4.5, y + halfHeight - 4.5, 1.7), (index, coverage) => {
    tintAlbedo(surface, index, [0.45, 0.45, 0.45], coverage);
    surface.relief[index]! -= 0.5 * coverage;
  });
  const size = halfWidth > 20 ? 9 : 7;
  const left = x - (item.marking.length * 3.1 - 1.1) * (size / 8);
  for (const stroke of textStrokes({ text: item.marking, x: left, y, size }, 0.55)) {
    drawShape(surface, pose, stroke, (index, coverage) =>
      coverAlbedo(surface, index, marking, 0.8 * coverage),
    );
  }
}

/** A box on a chip, `along` its axis from the center. */
function part(chip: Chip, along: number, halfLength: number, halfBreadth: number, round: number): Shape {
  return chip.upright
    ? { kind: 'box', x: chip.x, y: chip.y + along, halfWidth: halfBreadth, halfHeight: halfLength, round }
    : { kind: 'box', x: chip.x + along, y: chip.y, halfWidth: halfLength, halfHeight: halfBreadth, round };
}

/** Something with a body: it covers what is below, and its edges rise by `rise` world units. */
function solid(surface: Surface, pose: Pose, shape: Shape, rgb: Rgb, gloss: number, rise: number): void {
  drawShape(surface, pose, shape, (index, coverage, distance) => {
    coverAlbedo(surface, index, rgb, coverage);
    surface.gloss[index]! += (gloss - surface.gloss[index]!) * coverage;
    surface.relief[index]! += rise * coverage * clamp01(-distance / 1.6);
  });
}

function castShadow(surface: Surface, pose: Pose, shape: Shape): void {
  drawShape(
    surface,
    pose,
    { ...shape, x: shape.x + 1.8, y: shape.y + 2 },
    (index, coverage) => {
      tintAlbedo(surface, index, shadow, 0.75 * coverage);
      surface.gloss[index]! *= 1 - 0.7 * coverage;
    },
    1.8,
  );
}
