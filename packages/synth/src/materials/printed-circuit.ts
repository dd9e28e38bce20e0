import { color, type Rgb } from '../color.js';
import { sineOfTurns, smoothstep } from '../curves.js';
import { drawShape, type Shape } from '../draw-shape.js';
import { fractalNoise, valueNoise } from '../lattice-noise.js';
import { type Pose, toPixel, visitProduct } from '../pose.js';
import { coverAlbedo, type Surface, setAlbedo } from '../surface.js';
import { applyCircuitFault } from './circuit-fault.js';
import { type CircuitLayout, circuitLayout, type Trace } from './circuit-layout.js';
import { drawChip, drawHole, drawPackage, drawPads } from './circuit-parts.js';
import type { Material } from './material.js';
import { textStrokes } from './stroke-font.js';

const resist = color(0x0f5a38);
const resistOnCopper = color(0x2b8a52);
const tin = color(0xb9bcbd);
const print = color(0xe8ebe4);

/** Distance between the centers of neighboring boards of a panel, world units: one board fills a square picture. */
const pitch = 267;

/** A populated circuit board: copper under green solder resist, white print, soldered parts. */
export const printedCircuit: Material = {
  finish: { polish: 5, sparkle: 0.35, glare: 0.05, glareSize: [0.9, 0.8], bend: 0.8 },
  tolerance: { tilt: 0.012, shift: 2.5, zoom: 0.006 },
  look: {
    bare: color(0xd9955f),
    inside: color(0x1a1611),
    rim: color(0xc9b48c),
    stains: [color(0x9a6a58), color(0x8c8c60)],
    films: [color(0xd8d2b0), color(0xc79a4a)],
    foreign: [color(0xe6e2d8), color(0xb5261d), color(0x151518), color(0xd4a72c)],
    ragged: 0.4,
    dentDepth: 2,
  },
  paint(surface, { pose, seed }, fault) {
    visitProduct(surface, pose, (index, x, y) => {
      // The glass cloth shows faintly through the resist, and a scored line parts the boards of a panel.
      const cloth = sineOfTurns(x * 0.22) * sineOfTurns(y * 0.22);
      const cloud = fractalNoise(seed, x * 0.015, y * 0.015, 2);
      const score = Math.max(
        smoothstep(132.5, 133.5, fromCenter(x)),
        smoothstep(132.5, 133.5, fromCenter(y)),
      );
      setAlbedo(surface, index, resist, (1 + 0.06 * cloth + 0.06 * cloud) * (1 - 0.7 * score));
      surface.relief[index] = 0.03 * cloth + 0.1 * valueNoise(seed + 1, x * 0.12, y * 0.12) - score;
      surface.gloss[index] = 0.5 * (1 - score);
    });
    const layout = circuitLayout();
    const reach = Math.ceil((0.5 * Math.max(surface.width, surface.height)) / pose.scale / pitch);
    for (let row = -reach; row <= reach; row++) {
      for (let column = -reach; column <= reach; column++) {
        const isCenter = row === 0 && column === 0;
        const board = isCenter && fault !== undefined ? applyCircuitFault(layout, fault) : layout;
        const place = { ...pose, dx: pose.dx - column * pitch, dy: pose.dy - row * pitch };
        if (boardIsSeen(surface, place)) drawBoard(surface, place, board, seed);
      }
    }
  },
};

/** Distance along one axis from the center of the board there. */
function fromCenter(place: number): number {
  return Math.abs(place - pitch * Math.floor(place / pitch + 0.5));
}

function boardIsSeen(surface: Surface, pose: Pose): boolean {
  const { x, y } = toPixel(surface, pose, 0, 0);
  const reach = 0.52 * pitch * pose.scale;
  return x > -reach && y > -reach && x < surface.width + reach && y < surface.height + reach;
}

function drawBoard(surface: Surface, pose: Pose, layout: CircuitLayout, seed: number): void {
  for (const trace of layout.traces) {
    drawPath(surface, pose, trace, (index, coverage, distance) => {
      coverAlbedo(surface, index, resistOnCopper, coverage);
      surface.relief[index] = Math.max(surface.relief[index]!, Math.min(1, -distance) * coverage);
    });
  }
  for (const [x, y] of layout.vias) drawHole(surface, pose, x, y, 3.1, 1.3);
  for (const [x, y] of layout.holes) drawHole(surface, pose, x, y, 6, 3);
  for (const chip of layout.chips) drawPads(surface, pose, chip, seed);
  for (const label of layout.labels) {
    for (const stroke of textStrokes(label, 0.62)) drawFlat(surface, pose, stroke, print);
  }
  for (const item of layout.packages) drawPackage(surface, pose, item);
  for (const bridge of layout.bridges) {
    drawPath(surface, pose, bridge, (index, coverage, distance) => {
      coverAlbedo(surface, index, tin, coverage);
      surface.gloss[index] = 1;
      surface.relief[index]! += Math.min(1.5, -distance) * coverage;
    });
  }
  for (const chip of [...layout.chips, ...layout.strayed]) if (chip.fitted) drawChip(surface, pose, chip);
}

function drawPath(
  surface: Surface,
  pose: Pose,
  { path, radius }: Trace,
  paint: (index: number, coverage: number, distance: number) => void,
): void {
  for (let at = 0; at + 3 < path.length; at += 2) {
    const [x, y, toX, toY] = [path[at]!, path[at + 1]!, path[at + 2]!, path[at + 3]!];
    drawShape(surface, pose, { kind: 'line', x, y, toX, toY, radius }, paint);
  }
}

function drawFlat(surface: Surface, pose: Pose, shape: Shape, rgb: Rgb): void {
  drawShape(surface, pose, shape, (index, coverage) => {
    coverAlbedo(surface, index, rgb, 0.92 * coverage);
    surface.gloss[index]! *= 1 - 0.8 * coverage;
  });
}
