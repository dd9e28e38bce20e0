import { direction, mix, smoothstep } from '../curves.js';
import { valueNoise } from '../lattice-noise.js';
import { coverAlbedo } from '../surface.js';
import type { DefectContext } from './defect.js';
import { drawPlace } from './place.js';
import { type Stroke, visitStroke } from './stroke.js';

/** A jagged dark line that narrows towards its ends, with branches when it is severe. */
export function crack(context: DefectContext): void {
  const { surface, random, severity } = context;
  const length = mix(45, 170, severity) * random.uniform(0.8, 1.1) * surface.unit;
  const halfWidth = Math.max(0.65, mix(0.7, 1.6, severity) * random.uniform(0.85, 1.2) * surface.unit);
  const turns = random.uniform(0, 1);
  const center = drawPlace(random, surface, 70);
  const heading = direction(turns);
  const start = { x: center.x - (heading.x * length) / 2, y: center.y - (heading.y * length) / 2 };
  const trunk = walk(context, start, turns, length);
  split(context, trunk, halfWidth, 0);
  const branches = severity > 0.35 ? random.integer(1, 3) : 0;
  for (let branch = 1; branch <= branches; branch++) {
    const fork = trunk[random.integer(2, trunk.length - 3)]!;
    const away = turns + random.uniform(0.08, 0.17) * (random.chance(0.5) ? 1 : -1);
    const limb = walk(context, fork, away, length * random.uniform(0.2, 0.4));
    split(context, limb, halfWidth * 0.7, branch);
  }
}

/** Steps of uneven length whose direction jumps but on the whole is kept. */
function walk({ random, surface }: DefectContext, start: Stroke[0], turns: number, length: number): Stroke {
  const steps = Math.max(6, Math.ceil(length / (7 * surface.unit)));
  const points = [start];
  let place = start;
  for (let step = 0; step < steps; step++) {
    const heading = direction(turns + random.uniform(-0.11, 0.11));
    const stride = (length / steps) * random.uniform(0.6, 1.4);
    place = { x: place.x + heading.x * stride, y: place.y + heading.y * stride };
    points.push(place);
  }
  return points;
}

function split(
  { surface, look, severity, seed }: DefectContext,
  stroke: Stroke,
  halfWidth: number,
  branch: number,
): void {
  const opacity = mix(0.6, 0.97, severity);
  visitStroke(surface, stroke, halfWidth * 2.5 + 1, (index, signed, along) => {
    const taper = smoothstep(0, branch > 0 ? 0.001 : 0.2, along) * smoothstep(1, 0.55, along);
    const width = halfWidth * (0.3 + 0.7 * taper) * (1 + 0.3 * valueNoise(seed + branch, along * 14, 3.5));
    const gap = smoothstep(width + 0.6, width - 0.5, Math.abs(signed)) * (0.55 + 0.45 * taper);
    // The two sides no longer lie at the same height: one lip catches the light.
    const lip = smoothstep(2.5 * width + 1, width, signed) * smoothstep(-0.5, 0.5, signed);
    coverAlbedo(surface, index, look.inside, opacity * gap);
    surface.relief[index]! += 0.5 * lip * taper - 1.2 * gap;
    surface.gloss[index]! *= 1 - gap;
  });
}
