import type { Rgb } from '../color.js';
import { mix, smoothstep } from '../curves.js';
import { fractalNoise } from '../lattice-noise.js';
import { coverAlbedo, tintAlbedo } from '../surface.js';
import { type Blob, drawBlob, visitBlob } from './blob.js';
import type { DefectContext } from './defect.js';
import { drawPlace } from './place.js';

/** Something spilled and dried: a tinted patch or a film with a denser edge, sometimes with splashes beside it. */
export function stain(context: DefectContext): void {
  const { surface, random, severity, look, seed } = context;
  const radius = mix(13, 34, severity) * random.uniform(0.75, 1.15) * surface.unit;
  const spill = random.integer(1, look.stains.length + look.films.length);
  const film = spill > look.stains.length;
  const rgb = film ? look.films[spill - look.stains.length - 1]! : look.stains[spill - 1]!;
  const shape = { roundness: 0.55, ragged: 0.25 + 0.2 * look.ragged, grain: random.uniform(0.45, 0.9), seed };
  const center = drawPlace(random, surface, 48);
  soak(context, drawBlob(random, center, radius, shape), rgb, film);
  const splashes = random.chance(0.4) ? random.integer(1, 4) : 0;
  for (let splash = 0; splash < splashes; splash++) {
    const away = random.uniform(1.25, 1.7) * radius;
    const x = center.x + (random.chance(0.5) ? 1 : -1) * away * random.uniform(0.6, 1);
    const y = center.y + (random.chance(0.5) ? 1 : -1) * away * random.uniform(0.2, 0.8);
    soak(
      context,
      drawBlob(random, { x, y }, radius * random.uniform(0.08, 0.2), { ...shape, ragged: 0.2 }),
      rgb,
      film,
    );
  }
}

function soak({ surface, severity, random, seed }: DefectContext, blob: Blob, rgb: Rgb, film: boolean): void {
  const strength = mix(0.7, 1, severity);
  const edge = Math.max(0.1, 1.5 / blob.radius);
  const rim = random.uniform(0, 0.5);
  visitBlob(surface, blob, 0.1, (index, depth, dx, dy) => {
    const inside = smoothstep(-edge / 2, edge, depth);
    const ring = inside * smoothstep(3.2 * edge, 0.6 * edge, depth);
    const patch = 0.78 + 0.22 * fractalNoise(seed + 9, (dx * 2) / blob.radius, (dy * 2) / blob.radius, 3);
    const amount = strength * (inside * patch + rim * ring);
    if (film) coverAlbedo(surface, index, rgb, Math.min(0.8, 0.45 * amount));
    else tintAlbedo(surface, index, rgb, Math.min(1.2, amount));
    surface.gloss[index]! *= 1 - 0.6 * inside;
  });
}
