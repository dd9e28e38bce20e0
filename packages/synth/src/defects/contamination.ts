import type { Rgb } from '../color.js';
import { direction, mix, smoothstep } from '../curves.js';
import { coverAlbedo, tintAlbedo } from '../surface.js';
import { drawBlob, visitBlob } from './blob.js';
import type { DefectContext } from './defect.js';
import { drawPlace } from './place.js';
import { curve, type Stroke, visitStroke } from './stroke.js';

const shadow: Rgb = [0.35, 0.35, 0.38];

/** What does not belong there: a curled fiber, or a scatter of grains, lying on the product with its shadow. */
export function contamination(context: DefectContext): void {
  if (context.random.chance(0.6)) fiber(context);
  else grains(context);
}

function fiber({ surface, look, random, severity }: DefectContext): void {
  const { unit } = surface;
  const length = mix(35, 100, severity) * random.uniform(0.8, 1.2) * unit;
  const halfWidth = Math.max(0.6, mix(0.7, 1.25, severity) * unit);
  const rgb = random.pick(look.foreign);
  const turns = random.uniform(0, 1);
  const heading = direction(turns);
  const center = drawPlace(random, surface, 60);
  const curl = random.uniform(-0.9, 0.9) * length;
  const curlBack = random.uniform(-0.7, 0.7) * length;
  const at = (along: number, aside: number): Stroke[0] => ({
    x: center.x + heading.x * along * length - heading.y * aside,
    y: center.y + heading.y * along * length + heading.x * aside,
  });
  // Two curves that meet in the middle with the same direction.
  const middle = at(0, 0);
  const before = at(-0.25, curl / 2);
  const after = { x: 2 * middle.x - before.x, y: 2 * middle.y - before.y };
  const stroke = [
    ...curve(at(-0.5, 0), before, middle, 14),
    ...curve(middle, after, at(0.5, curlBack / 2), 14).slice(1),
  ];
  const drop = { x: 1.6 * unit, y: 1.8 * unit };
  const below = stroke.map(({ x, y }) => ({ x: x + drop.x, y: y + drop.y }));
  visitStroke(surface, below, halfWidth * 2.6, (index, distance) => {
    tintAlbedo(surface, index, shadow, 0.6 * smoothstep(halfWidth * 2.6, 0, Math.abs(distance)));
  });
  visitStroke(surface, stroke, halfWidth + 1, (index, distance) => {
    const cover = smoothstep(halfWidth + 0.6, halfWidth - 0.4, Math.abs(distance));
    coverAlbedo(surface, index, rgb, cover);
    surface.relief[index]! += 1.2 * cover * Math.max(0, 1 - Math.abs(distance) / (halfWidth + 0.6));
    surface.gloss[index]! *= 1 - 0.8 * cover;
  });
}

function grains({ surface, look, random, severity, seed }: DefectContext): void {
  const { unit } = surface;
  const rgb = random.pick(look.foreign);
  const center = drawPlace(random, surface, 50);
  const count = Math.floor(mix(3, 12, severity) * random.uniform(0.8, 1.2));
  for (let grain = 0; grain < count; grain++) {
    const heading = direction(random.uniform(0, 1));
    const away = random.uniform(0, mix(8, 30, severity)) * unit;
    const place = { x: center.x + heading.x * away, y: center.y + heading.y * away };
    const radius = Math.max(1.1, random.uniform(1.8, mix(3, 4.8, severity)) * unit);
    const blob = drawBlob(random, place, radius, {
      roundness: 0.55,
      ragged: 0.35,
      grain: 0.9,
      seed: seed + grain,
    });
    const drop = { ...blob, x: place.x + 0.5 * radius, y: place.y + 0.6 * radius };
    visitBlob(surface, drop, 0.3, (index, depth) =>
      tintAlbedo(surface, index, shadow, 0.7 * smoothstep(-0.3, 0.4, depth)),
    );
    visitBlob(surface, blob, 0, (index, depth) => {
      const cover = smoothstep(0, 0.8 / radius, depth);
      coverAlbedo(surface, index, rgb, cover);
      surface.relief[index]! += radius * 0.5 * Math.sqrt(Math.max(0, depth)) * cover;
      surface.gloss[index]! *= 1 - 0.7 * cover;
    });
  }
}
