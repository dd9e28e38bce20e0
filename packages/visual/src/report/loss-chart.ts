import { CHART, chart, linearScale, plottable, round, type Scale, thin, xAxis, yAxis } from './axis.js';
import { count, formatNumber } from './format.js';
import { type Html, html, name } from './html.js';
import type { LossCurve } from './report-data.js';

const MAX_POINTS = 400;

/** Negative log-likelihood of one layer per epoch, on training and on held-out images. */
export function lossChart({ layer, training, validation = [], bestEpoch }: LossCurve): Html {
  const values = [...training, ...validation].filter(plottable);
  const epochs = Math.max(training.length, validation.length);
  const [low, high] = shownRange(values);
  const x = linearScale([1, Math.max(2, epochs)], [CHART.left + 8, CHART.right - 8], 6, false);
  const y = linearScale([low, high], [CHART.bottom, CHART.top], 4);
  const wholeTicks = Object.assign((value: number) => x(value), { ticks: x.ticks.filter(Number.isInteger) });
  const best =
    bestEpoch === undefined ? undefined : (validation.length > 0 ? validation : training)[bestEpoch - 1];
  const mark =
    bestEpoch !== undefined && best !== undefined && plottable(best)
      ? html`<circle class="best" cx="${round(x(bestEpoch))}" cy="${round(y(best))}" r="4"/>`
      : undefined;
  return chart(
    name(layer),
    `Layer ${layer}: negative log-likelihood ${inWords('on training images', training)}` +
      `${validation.length > 0 ? `, ${inWords('on held-out images', validation)}` : ''}.`,
    html`${yAxis(y)}${xAxis(wholeTicks, 'epoch')}${line('training', training, x, y, high)}${line('validation', validation, x, y, high)}${mark}`,
  );
}

/** The first epochs may lie so far up that nothing else could be told apart; they are cut off at the top then. */
function shownRange(values: readonly number[]): [number, number] {
  if (values.length === 0) return [0, 1];
  const sorted = Float64Array.from(values).sort();
  const low = sorted[0]!;
  const median = sorted[sorted.length >> 1]!;
  const high = sorted[sorted.length - 1]!;
  return [low, values.length > 8 ? Math.min(high, low + Math.max(median - low, 1e-9) * 8) : high];
}

function line(
  kind: 'training' | 'validation',
  values: readonly number[],
  x: Scale,
  y: Scale,
  high: number,
): Html | undefined {
  const points = values
    .map((value, i) => [i + 1, value] as const)
    .filter(([, value]) => plottable(value))
    .map(([epoch, value]) => `${round(x(epoch))},${round(y(Math.min(value, high)))}`);
  if (points.length === 0) return undefined;
  if (points.length === 1) {
    const [cx, cy] = points[0]!.split(',');
    return html`<circle class="dot ${kind}" cx="${cx}" cy="${cy}" r="2.5"/>`;
  }
  return html`<polyline class="curve ${kind}" points="${thin(points, MAX_POINTS).join(' ')}"/>`;
}

function inWords(where: string, values: readonly number[]): string {
  return `${where} from ${formatNumber(values[0])} to ${formatNumber(values.at(-1))} over ${count(values.length, 'epoch')}`;
}
