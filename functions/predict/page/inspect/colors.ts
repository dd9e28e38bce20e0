import type { ScalarMap } from '@cflow/spec';

/** The colour map `turbo` of @cflow/visual, 256 RGB triples in base64: the build computes it, to leave its formulas out. */
declare const TURBO: string;

const TABLE = Uint8Array.from(atob(TURBO), (character) => character.charCodeAt(0));

/** Values of the first and the last colour. */
export interface Scale {
  min: number;
  max: number;
}

/** The map in false colours, the more opaque the higher: what is normal stays as it was photographed. */
export function paintMap(canvas: HTMLCanvasElement, { width, height, data }: ScalarMap, scale: Scale): void {
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d');
  if (!context) return;
  const picture = context.createImageData(width, height);
  const pixels = picture.data;
  const factor = scale.max > scale.min ? 255 / (scale.max - scale.min) : 0;
  for (let i = 0, at = 0; i < data.length; i++, at += 4) {
    const place = (data[i]! - scale.min) * factor;
    const level = place > 0 ? Math.min(255, Math.round(place)) : 0;
    pixels[at] = TABLE[level * 3]!;
    pixels[at + 1] = TABLE[level * 3 + 1]!;
    pixels[at + 2] = TABLE[level * 3 + 2]!;
    pixels[at + 3] = Math.min(255, Math.round(level * 1.6));
  }
  context.putImageData(picture, 0, 0);
}
