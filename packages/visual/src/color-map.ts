import { interpolateInferno, interpolateTurbo, interpolateViridis } from 'd3-scale-chromatic';

/** `turbo` tells neighboring values apart best; `viridis` and `inferno` keep their order in gray print. */
export type ColorMapName = 'turbo' | 'viridis' | 'inferno' | 'gray';

export const COLOR_MAPS: readonly ColorMapName[] = ['turbo', 'viridis', 'inferno', 'gray'];

/** The color map as a table of 256 RGB triples, lowest value first: 768 bytes. */
export function colorMap(name: ColorMapName): Uint8Array {
  const table = new Uint8Array(256 * 3);
  for (let i = 0; i < 256; i++)
    table.set(name === 'gray' ? [i, i, i] : parse(interpolator(name)(i / 255)), i * 3);
  return table;
}

function interpolator(name: Exclude<ColorMapName, 'gray'>): (t: number) => string {
  switch (name) {
    case 'turbo':
      return interpolateTurbo;
    case 'viridis':
      return interpolateViridis;
    case 'inferno':
      return interpolateInferno;
    default:
      return name satisfies never;
  }
}

/** d3 gives `#rrggbb` for tables and `rgb(r, g, b)` for formulas. */
function parse(color: string): number[] {
  if (color.startsWith('#')) return [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
  return color.match(/\d+/g)!.map(Number);
}
