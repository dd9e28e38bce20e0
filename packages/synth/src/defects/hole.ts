import { mix, smoothstep } from '../curves.js';
import { valueNoise } from '../lattice-noise.js';
import { coverAlbedo } from '../surface.js';
import { drawBlob, visitBlob } from './blob.js';
import type { DefectContext } from './defect.js';
import { drawPlace } from './place.js';

/** A pit or a hole: dark inside, a broken rim around it, its far wall in the light and its near wall in the shade. */
export function hole({ surface, look, random, severity, seed }: DefectContext): void {
  const radius = Math.max(1.6, mix(4.8, 12, severity) * random.uniform(0.85, 1.2) * surface.unit);
  const shape = { roundness: 0.65, ragged: 0.12 + 0.25 * look.ragged, grain: random.uniform(0.6, 1), seed };
  const blob = drawBlob(random, drawPlace(random, surface, 34), radius, shape);
  const rimWidth = random.uniform(0.12, 0.3);
  const opacity = mix(0.8, 1, severity);
  const soft = 0.6 / radius;
  visitBlob(surface, blob, 0.6, (index, depth, dx, dy) => {
    const rim = smoothstep(-soft, soft, depth);
    const inner = smoothstep(rimWidth - soft - 0.05, rimWidth + soft + 0.05, depth);
    const grit = 1 + 0.25 * valueNoise(seed + 1, (dx * 6) / radius, (dy * 6) / radius);
    const [r, g, b] = look.rim;
    coverAlbedo(surface, index, [r * grit, g * grit, b * grit], 0.85 * opacity * rim);
    // Light comes from the upper left and reaches the bottom only on the right and below.
    const lit = smoothstep(-1, 1.6, (dx + dy) / radius);
    coverAlbedo(surface, index, look.inside, opacity * inner * (1 - 0.35 * lit * (1 - inner * depth)));
    const swell = smoothstep(-0.5, 0, depth) * (1 - rim);
    surface.relief[index]! += 0.8 * swell - 2.5 * severity * rim - 1.5 * inner;
    surface.gloss[index]! *= 1 - rim;
  });
}
