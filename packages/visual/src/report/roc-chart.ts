import { auroc, rocCurve } from '@cflow/evaluation';
import { CHART, chart, linearScale, round, thin, xAxis, yAxis } from './axis.js';
import { formatFigure, formatPercent } from './format.js';
import { type Html, html } from './html.js';

const MAX_POINTS = 400;

/** ROC curve over images, with the point of the threshold. Nothing when a class is empty. */
export function rocChart(
  good: readonly number[],
  bad: readonly number[],
  threshold?: number,
): Html | undefined {
  const scores = [...good, ...bad];
  if (good.length === 0 || bad.length === 0 || scores.some(Number.isNaN)) return undefined;
  const labels = Uint8Array.from(scores, (_, i) => (i < good.length ? 0 : 1));
  const { falsePositiveRate, truePositiveRate } = rocCurve(scores, labels);
  const area = auroc(scores, labels);
  const x = linearScale([0, 1], [CHART.left, CHART.right], 5);
  const y = linearScale([0, 1], [CHART.bottom, CHART.top], 4);
  const points = Array.from(
    falsePositiveRate,
    (rate, i) => `${round(x(rate))},${round(y(truePositiveRate[i]!))}`,
  );
  const path = thin(points, MAX_POINTS).join(' ');
  const share = (values: readonly number[]): number =>
    threshold === undefined ? 0 : values.filter((value) => value >= threshold).length / values.length;
  const point =
    threshold === undefined
      ? undefined
      : html`<circle class="best" cx="${round(x(share(good)))}" cy="${round(y(share(bad)))}" r="4"/>`;
  const atThreshold =
    threshold === undefined
      ? ''
      : ` At the threshold ${formatPercent(share(bad))} of the bad images are found and ${formatPercent(share(good))} of the good ones raise a false alarm.`;
  return chart(
    'ROC curve',
    `ROC curve over images with an area of ${formatFigure(area)}.${atThreshold}`,
    html`${yAxis(y, (value) => formatPercent(value))}${xAxis(x, 'good images that raise a false alarm', (value) => formatPercent(value))}<line class="chance" x1="${round(x(0))}" y1="${round(y(0))}" x2="${round(x(1))}" y2="${round(y(1))}"/><polygon class="area" points="${round(x(0))},${round(y(0))} ${path} ${round(x(1))},${round(y(0))}"/><polyline class="curve roc" points="${path}"/>${point}<text class="value" x="${CHART.right - 12}" y="${CHART.bottom - 14}" text-anchor="end">area ${formatFigure(area)}</text>`,
  );
}
