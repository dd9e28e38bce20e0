import { CHART, chart, linearScale, plottable, round, xAxis, yAxis } from './axis.js';
import { count, formatNumber, formatPercent } from './format.js';
import { type Html, html } from './html.js';

const BINS = 40;

/** Scores of good images upward and of bad ones downward from one axis, each as shares of its class. */
export function scoreChart(
  good: readonly number[],
  bad: readonly number[],
  threshold?: number,
): Html | undefined {
  const all = [...good, ...bad].filter(plottable);
  if (all.length === 0) return undefined;
  const marked = threshold !== undefined && plottable(threshold) ? [threshold] : [];
  const domain = [...all, ...marked].reduce<[number, number]>(
    ([min, max], value) => [Math.min(min, value), Math.max(max, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
  const x = linearScale(domain, [CHART.left, CHART.right], 6);
  const upper = shares(good, x);
  const lower = shares(bad, x);
  const top = Math.max(...upper) || Math.max(...lower);
  const bottom = Math.max(...lower) || 0;
  const y = linearScale([-bottom, top], [CHART.bottom, CHART.top], 4);
  const line =
    threshold === undefined || marked.length === 0
      ? undefined
      : html`<line class="threshold" x1="${round(x(threshold))}" x2="${round(x(threshold))}" y1="${CHART.top}" y2="${CHART.bottom}"/>`;
  return chart(
    'Distribution',
    `Histogram of the scores of ${count(good.length, 'good image')} and ${count(bad.length, 'bad image')}, from ` +
      `${formatNumber(domain[0])} to ${formatNumber(domain[1])}` +
      `${marked.length > 0 ? `, with the threshold at ${formatNumber(threshold)}` : ''}.`,
    html`${yAxis(y, (value) => formatPercent(Math.abs(value)))}${xAxis(x, 'score')}${bars('good', upper, y, 1)}${bars('bad', lower, y, -1)}<line class="axis" x1="${CHART.left}" x2="${CHART.right}" y1="${round(y(0))}" y2="${round(y(0))}"/>${line}`,
  );
}

function shares(values: readonly number[], x: (value: number) => number): Float64Array {
  const bins = new Float64Array(BINS);
  const finite = values.filter(plottable);
  for (const value of finite) {
    const place = ((x(value) - CHART.left) / (CHART.right - CHART.left)) * BINS;
    bins[Math.min(BINS - 1, Math.max(0, Math.floor(place)))]! += 1 / finite.length;
  }
  return bins;
}

function bars(kind: 'good' | 'bad', bins: Float64Array, y: (value: number) => number, sign: 1 | -1): Html {
  const width = (CHART.right - CHART.left) / BINS;
  const rows = Array.from(bins, (share, i) => {
    if (share === 0) return undefined;
    const ends = [y(0), y(sign * share)].sort((a, b) => a - b);
    return html`<rect class="${kind}" x="${round(CHART.left + i * width + 0.5)}" width="${round(width - 1)}" y="${round(ends[0]!)}" height="${round(ends[1]! - ends[0]!)}"/>`;
  });
  return html`${rows}`;
}
