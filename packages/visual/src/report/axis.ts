import { formatNumber } from './format.js';
import { type Html, html } from './html.js';

/** Size of every chart in its own units. Small, so that the letters stay readable when a phone shows it at full width. */
export const CHART: {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
} = {
  width: 400,
  height: 250,
  left: 46,
  right: 390,
  top: 12,
  bottom: 212,
};

/** Whether a value can be drawn: finite, and small enough that a range of such values does not overflow. */
export const plottable: (value: number) => boolean = (value) => Math.abs(value) < 1e100;

/** A linear scale from values to chart units. */
export interface Scale {
  (value: number): number;
  ticks: readonly number[];
}

/** A scale over [min, max], widened to whole ticks when `nice`; an empty or bad range becomes one around its value. */
export function linearScale(
  domain: [number, number],
  range: [number, number],
  tickCount: number,
  nice = true,
): Scale {
  let [min, max] = domain;
  if (!(Number.isFinite(min) && Number.isFinite(max))) [min, max] = [0, 1];
  if (max - min <= Math.abs(max) * 1e-9)
    [min, max] = [min - (Math.abs(min) || 1) / 2, max + (Math.abs(max) || 1) / 2];
  const step = niceStep((max - min) / tickCount);
  if (nice) [min, max] = [Math.floor(min / step) * step, Math.ceil(max / step) * step];
  const ticks: number[] = [];
  for (let k = Math.ceil(min / step - 1e-9); k * step <= max + step * 1e-9; k++) ticks.push(k * step);
  const scale = (value: number): number => range[0] + ((value - min) / (max - min)) * (range[1] - range[0]);
  return Object.assign(scale, { ticks });
}

/** The smallest of 1, 2 and 5 times a power of ten that is at least `step`. */
function niceStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  const factor = [1, 2, 5].find((candidate) => candidate * power >= step * 0.999) ?? 10;
  return factor * power;
}

/** Horizontal grid lines with their values on the left. */
export function yAxis(scale: Scale, format: (value: number) => string = formatNumber): Html {
  const lines = scale.ticks.map((value) => {
    const y = round(scale(value));
    return html`<line class="grid" x1="${CHART.left}" x2="${CHART.right}" y1="${y}" y2="${y}"/><text x="${CHART.left - 6}" y="${y}" dy=".32em" text-anchor="end">${format(value)}</text>`;
  });
  return html`${lines}`;
}

/** Values and title below the chart. */
export function xAxis(scale: Scale, title: string, format: (value: number) => string = formatNumber): Html {
  const labels = scale.ticks.map(
    (value) =>
      html`<text x="${round(scale(value))}" y="${CHART.bottom + 16}" text-anchor="middle">${format(value)}</text>`,
  );
  return html`<line class="axis" x1="${CHART.left}" x2="${CHART.right}" y1="${CHART.bottom}" y2="${CHART.bottom}"/>${labels}<text class="title" x="${(CHART.left + CHART.right) / 2}" y="${CHART.height - 4}" text-anchor="middle">${title}</text>`;
}

/** A chart with its words: the caption is seen, the description is read out in place of the picture. */
export function chart(caption: Html | string, description: string, content: Html): Html {
  return html`<figure class="chart"><figcaption>${caption}</figcaption><svg viewBox="0 0 ${CHART.width} ${CHART.height}" role="img" aria-label="${description}">${content}</svg></figure>`;
}

/** Chart units to a tenth: more digits only make the file larger. */
export const round: (value: number) => number = (value) => Math.round(value * 10) / 10;

/** At most `limit` of the points, evenly spaced; the first and the last stay. */
export function thin<T>(points: readonly T[], limit: number): readonly T[] {
  if (points.length <= limit) return points;
  const step = (points.length - 1) / (limit - 1);
  return Array.from({ length: limit }, (_, i) => points[Math.round(i * step)]!);
}
