import { mix } from '../curves.js';
import type { Random } from '../random.js';
import type { Chip, CircuitLayout, Label, Trace } from './circuit-layout.js';
import type { Fault } from './material.js';

/** The same board with one mistake of its makers. */
export function applyCircuitFault(layout: CircuitLayout, { kind, random, severity }: Fault): CircuitLayout {
  if (kind === 'missing-part')
    return random.chance(0.5) ? withoutChip(layout, random) : withMovedChip(layout, random, severity);
  switch (random.integer(0, 3)) {
    case 0:
      return withOpenTrace(layout, random, severity);
    case 1:
      return withBridge(layout, random, severity);
    case 2:
      return withSmearedLabel(layout, random, severity);
    default:
      return withoutLabel(layout, random);
  }
}

function withoutChip(layout: CircuitLayout, random: Random): CircuitLayout {
  return withChip(layout, random, (chip) => ({ ...chip, fitted: false }));
}

/** A part that slid off its pads: an empty footprint, and the part beside it. */
function withMovedChip(layout: CircuitLayout, random: Random, severity: number): CircuitLayout {
  const slide = mix(3.5, 9, severity) * (random.chance(0.5) ? 1 : -1);
  const turned = severity > 0.6 && random.chance(0.5);
  let moved: Chip | undefined;
  const emptied = withChip(layout, random, (chip) => {
    const upright = turned ? !chip.upright : chip.upright;
    moved = {
      ...chip,
      x: chip.x + (chip.upright ? slide : 0),
      y: chip.y + (chip.upright ? 0 : slide),
      upright,
    };
    return { ...chip, fitted: false };
  });
  return { ...emptied, strayed: [...emptied.strayed, moved!] };
}

function withChip(layout: CircuitLayout, random: Random, change: (chip: Chip) => Chip): CircuitLayout {
  const chosen = random.pick(layout.chips);
  return { ...layout, chips: layout.chips.map((chip) => (chip === chosen ? change(chip) : chip)) };
}

/** A gap in a conductor, as an underexposed resist leaves it. */
function withOpenTrace(layout: CircuitLayout, random: Random, severity: number): CircuitLayout {
  const candidates = layout.traces.filter(({ path }) => longestSegment(path).length > 20);
  const chosen = random.pick(candidates);
  const { at, length } = longestSegment(chosen.path);
  const gap = mix(0.15, 0.6, severity) * Math.min(1, 40 / length);
  const middle = random.uniform(0.3, 0.7);
  const place = (t: number): [number, number] => [
    mix(chosen.path[at]!, chosen.path[at + 2]!, t),
    mix(chosen.path[at + 1]!, chosen.path[at + 3]!, t),
  ];
  const before: Trace = { ...chosen, path: [...chosen.path.slice(0, at + 2), ...place(middle - gap / 2)] };
  const after: Trace = { ...chosen, path: [...place(middle + gap / 2), ...chosen.path.slice(at + 2)] };
  return {
    ...layout,
    traces: layout.traces.flatMap((trace) => (trace === chosen ? [before, after] : [trace])),
  };
}

/** Solder from one pin of a package to the next. */
function withBridge(layout: CircuitLayout, random: Random, severity: number): CircuitLayout {
  const { x, y, halfHeight, pins, pitch } = layout.packages[0]!;
  const pin = random.integer(0, pins - 2);
  const left = x + (pin - (pins - 1) / 2) * pitch;
  const height = y + (halfHeight + random.uniform(4.5, 8)) * (random.chance(0.5) ? 1 : -1);
  const pinsJoined = severity > 0.7 && pin < pins - 2 ? 2 : 1;
  const bridge: Trace = {
    path: [left, height, left + pinsJoined * pitch, height],
    radius: mix(1.1, 2.6, severity),
  };
  return { ...layout, bridges: [...layout.bridges, bridge] };
}

/** Print that slipped: the text twice, one beside the other. */
function withSmearedLabel(layout: CircuitLayout, random: Random, severity: number): CircuitLayout {
  const chosen = random.pick(layout.labels);
  const slip = mix(1.6, 4, severity);
  const ghost: Label = {
    ...chosen,
    x: chosen.x + slip * random.uniform(0.6, 1),
    y: chosen.y + slip * random.uniform(-1, 1),
  };
  return { ...layout, labels: [...layout.labels, ghost] };
}

function withoutLabel(layout: CircuitLayout, random: Random): CircuitLayout {
  const chosen = random.pick(layout.labels);
  return { ...layout, labels: layout.labels.filter((label) => label !== chosen) };
}

/** The longest straight part of a path that lies in the middle of the picture: index of its first x, and length. */
function longestSegment(path: readonly number[]): { at: number; length: number } {
  let best = { at: 0, length: 0 };
  for (let at = 0; at + 3 < path.length; at += 2) {
    const dx = path[at + 2]! - path[at]!;
    const dy = path[at + 3]! - path[at + 1]!;
    const length = Math.sqrt(dx * dx + dy * dy);
    const central =
      Math.abs(path[at]! + path[at + 2]!) < 210 && Math.abs(path[at + 1]! + path[at + 3]!) < 210;
    if (central && length > best.length) best = { at, length };
  }
  return best;
}
