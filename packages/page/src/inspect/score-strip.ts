import type { ScoreCalibration } from '@cflow/sdk';
import { element, svg } from '../dom/element.js';

export interface StripScore {
  score: number;
  label: 'good' | 'bad';
}

/** Ends of the strip, and of the slider above it. */
export interface ScoreRange {
  min: number;
  max: number;
}

const WIDTH = 1000;

/** Where the scores lie: the calibration's good images as a band, those on the page as dots. */
export function scoreStrip(
  { min, max }: ScoreRange,
  threshold: number,
  scores: readonly StripScore[],
  calibration: ScoreCalibration | undefined,
): Node[] {
  const place = (value: number): number =>
    Math.min(WIDTH, Math.max(0, ((value - min) / (max - min)) * WIDTH));
  const at = (value: number): number => Number(place(value).toFixed(1));
  const known = calibration?.scores;
  const drawing = svg(
    'svg',
    { viewBox: `0 0 ${WIDTH} 28`, preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    svg('line', { class: 'axis', x1: 0, x2: WIDTH, y1: 18, y2: 18 }),
    known && svg('line', { class: 'good-band', x1: at(known[0]!), x2: at(known.at(-1)!), y1: 18, y2: 18 }),
    svg('line', { class: 'limit', x1: at(threshold), x2: at(threshold), y1: 2, y2: 28 }),
    // A line without length and with round ends stays a dot however wide the drawing is.
    ...scores.map(({ score, label }) => svg('path', { class: `dot ${label}`, d: `M${at(score)} 18h0.01` })),
  );
  const legend = element(
    'p',
    { class: 'legend hint' },
    known && element('span', { class: 'key band' }, 'good parts of the calibration'),
    element('span', { class: 'key good' }, 'good'),
    element('span', { class: 'key bad' }, 'bad'),
  );
  return [drawing, legend];
}
