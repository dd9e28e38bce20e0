import type { Shape } from '../draw-shape.js';
import type { Label } from './circuit-layout.js';

/** Glyphs as strokes on a grid of 3 by 5 points: digit pairs are column and row, a space lifts the pen. */
const glyphs: Readonly<Record<string, string>> = {
  '0': '0020240400',
  '1': '011014 0424',
  '2': '002022020424',
  '3': '00202404 0222',
  '4': '000222 2024',
  '5': '200002222404',
  '7': '00201214',
  '9': '220200202404',
  A: '0401102124 0323',
  C: '20000424',
  D: '00102123140400',
  E: '20000424 0212',
  J: '20240403',
  R: '0400202202 1224',
  U: '00042420',
  V: '001420',
};

/** The strokes of a line of text; `x`, `y` of the label is the middle left of the first letter. */
export function textStrokes({ text, x, y, size }: Label, radius: number): Shape[] {
  const cell = size / 4;
  const strokes: Shape[] = [];
  for (let letter = 0; letter < text.length; letter++) {
    const left = x + letter * 3.1 * cell;
    for (const stroke of (glyphs[text[letter]!] ?? '').split(' ')) {
      for (let at = 0; at + 3 < stroke.length; at += 2) {
        strokes.push({
          kind: 'line',
          x: left + Number(stroke[at]) * cell,
          y: y + (Number(stroke[at + 1]) - 2) * cell,
          toX: left + Number(stroke[at + 2]) * cell,
          toY: y + (Number(stroke[at + 3]) - 2) * cell,
          radius,
        });
      }
    }
  }
  return strokes;
}
