import { bell, direction, mix } from '../curves.js';
import type { DefectContext } from './defect.js';
import { drawPlace } from './place.js';

/** A smooth hollow, round or drawn out: nothing is missing, but light falls on it another way. */
export function dent({ surface, look, random, severity }: DefectContext): void {
  const { width, height, unit } = surface;
  const radius = mix(12, 26, severity) * random.uniform(0.85, 1.15) * unit;
  const minor = radius * random.uniform(0.45, 1);
  const axis = direction(random.uniform(0, 1));
  const center = drawPlace(random, surface, 44);
  const depth = look.dentDepth * mix(0.7, 1.3, severity);
  const top = Math.max(0, Math.floor(center.y - radius));
  const bottom = Math.min(height - 1, Math.ceil(center.y + radius));
  const left = Math.max(0, Math.floor(center.x - radius));
  const right = Math.min(width - 1, Math.ceil(center.x + radius));
  for (let row = top; row <= bottom; row++) {
    for (let column = left; column <= right; column++) {
      const dx = column - center.x;
      const dy = row - center.y;
      const u = (dx * axis.x + dy * axis.y) / radius;
      const v = (dy * axis.x - dx * axis.y) / minor;
      surface.relief[row * width + column]! -= depth * bell(Math.min(1, Math.sqrt(u * u + v * v)));
    }
  }
}
