import { direction, mix, smoothstep } from '../curves.js';
import { valueNoise } from '../lattice-noise.js';
import { coverAlbedo } from '../surface.js';
import type { DefectContext } from './defect.js';
import { drawPlace } from './place.js';
import { curve, visitStroke } from './stroke.js';

/** One to three gently bent furrows that something hard left: bare material at the bottom, a shaded flank. */
export function scratch(context: DefectContext): void {
  const { surface, random, severity } = context;
  const parallel = severity > 0.5 && random.chance(0.35) ? random.integer(2, 3) : 1;
  const length = mix(38, 120, severity) * random.uniform(0.8, 1.15) * surface.unit;
  const heading = direction(random.uniform(0, 1));
  const bend = random.uniform(-0.16, 0.16) * length;
  const center = drawPlace(random, surface, 56);
  for (let line = 0; line < parallel; line++) {
    const side = line * random.uniform(4, 8) * surface.unit;
    const x = center.x - heading.y * side;
    const y = center.y + heading.x * side;
    const half = (length / 2) * random.uniform(0.7, 1);
    const stroke = curve(
      { x: x - heading.x * half, y: y - heading.y * half },
      { x: x - heading.y * bend, y: y + heading.x * bend },
      { x: x + heading.x * half, y: y + heading.y * half },
      16,
    );
    furrow(context, stroke, context.seed + line);
  }
}

function furrow(
  { surface, look, random, severity }: DefectContext,
  stroke: ReturnType<typeof curve>,
  seed: number,
): void {
  const halfWidth = Math.max(0.7, mix(0.75, 1.4, severity) * random.uniform(0.85, 1.2) * surface.unit);
  const opacity = mix(0.6, 1, severity);
  const depth = mix(0.8, 2, severity);
  visitStroke(surface, stroke, halfWidth * 3, (index, signed, along) => {
    const pressure = 0.75 + 0.35 * valueNoise(seed, along * 9, 0.5);
    const end = smoothstep(0, 0.12, along) * smoothstep(1, 0.8, along);
    const width = halfWidth * (0.45 + 0.55 * end) * pressure;
    const distance = Math.abs(signed);
    const core = smoothstep(width + 0.7, width - 0.4, distance) * (0.5 + 0.5 * end);
    const groove = smoothstep(2.2 * width + 0.5, 0, distance);
    coverAlbedo(surface, index, look.bare, Math.min(1, opacity * pressure) * core);
    surface.relief[index]! -= depth * groove * end;
    surface.gloss[index]! *= 1 - 0.5 * core;
  });
}
