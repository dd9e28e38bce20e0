import type { RgbImage } from '@cflow/spec';
import { GLYPH_ADVANCE, GLYPH_WIDTH, glyph } from './bitmap-font.js';
import type { Color } from './draw.js';

export interface TextOptions {
  /** Left end of the text and top of its line, in pixels. */
  x: number;
  y: number;
  color: Color;
  /** Pixels per dot of the font, a whole number. */
  scale: number;
  /** Width in pixels that the text is shortened to, by leaving out its middle. */
  maxWidth: number;
}

/** Writes one line of text onto the image, in place. Letters with accents lose them, other scripts become `?`. */
export function writeText(
  image: RgbImage,
  text: string,
  { x, y, color, scale, maxWidth }: TextOptions,
): void {
  const capacity = Math.floor((maxWidth / scale + GLYPH_ADVANCE - GLYPH_WIDTH) / GLYPH_ADVANCE);
  [...shorten(toAscii(text), capacity)].forEach((character, i) => {
    glyph(character).forEach((bits, row) => {
      for (let column = 0; column < GLYPH_WIDTH; column++) {
        if (((bits >> (GLYPH_WIDTH - 1 - column)) & 1) === 0) continue;
        dot(image, x + (i * GLYPH_ADVANCE + column) * scale, y + row * scale, scale, color);
      }
    });
  });
}

function dot({ width, height, data }: RgbImage, left: number, top: number, size: number, color: Color): void {
  for (let y = Math.max(0, top); y < Math.min(height, top + size); y++) {
    for (let x = Math.max(0, left); x < Math.min(width, left + size); x++)
      data.set(color, (y * width + x) * 3);
  }
}

/** The ends of a file name say most, so the middle goes. */
function shorten(text: string, capacity: number): string {
  if (text.length <= capacity) return text;
  if (capacity < 4) return text.slice(0, Math.max(0, capacity));
  const tail = Math.ceil((capacity - 2) / 2);
  return `${text.slice(0, capacity - 2 - tail)}..${text.slice(text.length - tail)}`;
}

function toAscii(text: string): string {
  // A caption holds some hundred characters at most; a name may be of any length.
  const bounded = text.length > 4000 ? text.slice(0, 2000) + text.slice(-2000) : text;
  return bounded
    .normalize('NFKD')
    .replace(/\p{Mn}/gu, '')
    .replace(/[^ -~]/gu, '?');
}
