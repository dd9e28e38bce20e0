import { element, svg } from '../dom/element.js';
import type { LossCurve } from './loss-history.js';

const WIDTH = 560;
const HEIGHT = 220;
const MARGIN = { left: 46, right: 8, top: 10, bottom: 26 };

/** Loss over epochs: a color for each layer, dashed for held-out images. */
export function lossChart(curves: readonly LossCurve[]): HTMLElement {
  const points = curves.flatMap((curve) => curve.points);
  const layers = [...new Set(curves.map(({ layer }) => layer))];
  const epochs = { min: 0, max: Math.max(1, ...points.map(({ epoch }) => epoch)) };
  const losses = niceRange(points.map(({ loss }) => loss));
  const x = (epoch: number): number =>
    MARGIN.left + ((epoch - epochs.min) / (epochs.max - epochs.min)) * (WIDTH - MARGIN.left - MARGIN.right);
  const y = (loss: number): number =>
    HEIGHT -
    MARGIN.bottom -
    ((loss - losses.min) / (losses.max - losses.min)) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const drawing = svg(
    'svg',
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': description(curves) },
    ...ticks(losses).flatMap((loss) => [
      svg('line', { class: 'grid', x1: MARGIN.left, x2: WIDTH - MARGIN.right, y1: y(loss), y2: y(loss) }),
      svg(
        'text',
        { x: MARGIN.left - 6, y: y(loss) + 4, 'text-anchor': 'end' },
        String(Number(loss.toPrecision(4))),
      ),
    ]),
    svg('text', { x: MARGIN.left, y: HEIGHT - 8 }, '0'),
    svg(
      'text',
      { x: WIDTH - MARGIN.right, y: HEIGHT - 8, 'text-anchor': 'end' },
      `epoch ${Number(epochs.max.toFixed(1))}`,
    ),
    ...curves.map(({ layer, kind, points: own }) =>
      svg('polyline', {
        class: `curve layer-${layers.indexOf(layer) % 4} ${kind}`,
        points: own.map(({ epoch, loss }) => `${x(epoch).toFixed(1)},${y(loss).toFixed(1)}`).join(' '),
      }),
    ),
    ...curves
      .filter(({ points: own }) => own.length > 0)
      .map(({ layer, points: own }) =>
        svg('circle', {
          class: `end layer-${layers.indexOf(layer) % 4}`,
          cx: x(own.at(-1)!.epoch),
          cy: y(own.at(-1)!.loss),
          r: 3,
        }),
      ),
  );
  const heldOut = curves.some(({ kind }) => kind === 'held-out');
  return element(
    'figure',
    { class: 'chart' },
    element('figcaption', {}, 'Loss'),
    drawing,
    element(
      'p',
      { class: 'legend hint' },
      // The name of a layer means something to few people.
      ...layers.map((layer, i) =>
        element('span', { class: `key layer-${i % 4}`, title: layer }, `level ${i + 1}`),
      ),
      heldOut && element('span', { class: 'key dashed' }, 'held-out images'),
    ),
  );
}

function niceRange(values: readonly number[]): { min: number; max: number } {
  const sorted = [...values].sort((a, b) => a - b);
  const min = sorted[0] ?? 0;
  const max = sorted.at(-1) ?? 1;
  const room = (max - min || Math.abs(max) || 1) * 0.05;
  return { min: min - room, max: max + room };
}

function ticks({ min, max }: { min: number; max: number }): number[] {
  const rough = (max - min) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= rough) ?? rough;
  const out: number[] = [];
  for (let value = Math.ceil(min / step) * step; value <= max; value += step) out.push(value);
  return out;
}

function description(curves: readonly LossCurve[]): string {
  const ends = curves.map(
    ({ layer, kind, points }) => `${layer} ${kind} ${points.at(-1)?.loss.toPrecision(4)}`,
  );
  return `Loss over epochs. Latest: ${ends.join(', ')}`;
}
