import type { DefectMetrics } from '@cflow/evaluation';
import type { Metrics } from '@cflow/spec';
import { formatFigure, formatNumber, formatPercent } from './format.js';
import { type Html, html, name } from './html.js';
import type { Fact } from './report-data.js';

const MAX_ROWS = 200;

/** The few figures that are looked at first. */
export function keyFigures(metrics: Metrics): Html {
  const figures: [label: string, value: string][] = [
    ['Image AUROC', formatFigure(metrics.imageAuroc)],
    ['Pixel AUROC', formatFigure(metrics.pixelAuroc)],
    ['AUPRO', formatFigure(metrics.aupro)],
    ['Best F1', formatFigure(metrics.f1)],
  ];
  if (metrics.falseAlarmRate !== undefined)
    figures.push(['False alarms', formatPercent(metrics.falseAlarmRate)]);
  if (metrics.detectionRate !== undefined)
    figures.push(['Defects found', formatPercent(metrics.detectionRate)]);
  const cells = figures.map(([label, value]) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`);
  return html`<dl class="figures">${cells}</dl>`;
}

/** All figures, each with what it means. */
export function metricsTable(metrics: Metrics): Html {
  const interval = metrics.falseAlarmRateInterval;
  const rows: [label: string, value: string, meaning: string][] = [
    ['Image AUROC', formatFigure(metrics.imageAuroc), 'chance that a bad image scores above a good one'],
    ['Image AUPR', formatFigure(metrics.imageAupr), 'average precision over images'],
    [
      'Image F1',
      formatFigure(metrics.f1),
      `best over all thresholds, at ${formatNumber(metrics.f1Threshold)}`,
    ],
    ['Pixel AUROC', formatFigure(metrics.pixelAuroc), 'chance that a defect pixel lies above a good one'],
    ['Pixel AUPR', formatFigure(metrics.pixelAupr), 'average precision over pixels'],
    [
      'AUPRO',
      formatFigure(metrics.aupro),
      'overlap with each defect region, up to 30 % false-positive pixels',
    ],
    ['AUPRO to 5 %', formatFigure(metrics.aupro5), 'the same, up to 5 % false-positive pixels'],
    [
      'Pixel F1',
      formatFigure(metrics.pixelF1),
      `best over all thresholds, at ${formatNumber(metrics.pixelF1Threshold)}`,
    ],
  ];
  if (metrics.falseAlarmRate !== undefined) {
    const range = interval
      ? `, 95 % interval ${formatPercent(interval[0])} to ${formatPercent(interval[1])}`
      : '';
    rows.push([
      'False alarms',
      formatPercent(metrics.falseAlarmRate),
      `good images at or above the threshold ${formatNumber(metrics.threshold)}${range}`,
    ]);
  }
  if (metrics.detectionRate !== undefined) {
    rows.push([
      'Defects found',
      formatPercent(metrics.detectionRate),
      'bad images at or above the threshold',
    ]);
  }
  if (typeof metrics.locationRate === 'number') {
    rows.push([
      'At the right place',
      formatPercent(metrics.locationRate),
      'bad images with a mask that were found, with a region that meets it',
    ]);
  }
  if (typeof metrics.regionPrecision === 'number') {
    rows.push([
      'Tightness of regions',
      formatPercent(metrics.regionPrecision),
      'share of the reported pixels that lie in a defect',
    ]);
  }
  const body = rows.map(
    ([label, value, meaning]) =>
      html`<tr><th scope="row">${label}</th><td>${value}</td><td class="words">${meaning}</td></tr>`,
  );
  return html`<div class="scroll"><table><caption>${metrics.goodImages} good and ${metrics.badImages} bad test images; ${metrics.defectRegions} defect regions in ${metrics.pixelImages} images count for the pixel figures</caption><thead><tr><th scope="col">Figure</th><th scope="col">Value</th><th scope="col" class="words">Meaning</th></tr></thead><tbody>${body}</tbody></table></div>`;
}

/** Figures per kind of defect. */
export function defectTable(defects: readonly DefectMetrics[]): Html {
  const detected = defects.some((row) => row.detected !== undefined);
  const rows = defects
    .slice(0, MAX_ROWS)
    .map(
      (row) =>
        html`<tr><th scope="row">${name(row.defect)}</th><td>${row.images}</td><td>${formatFigure(row.auroc)}</td><td>${formatNumber(row.medianScore)}</td>${detected ? html`<td>${row.detected ?? '–'} of ${row.images}</td>` : undefined}</tr>`,
    );
  return html`<div class="scroll"><table><caption>Each kind of defect against all good images</caption><thead><tr><th scope="col">Defect</th><th scope="col">Images</th><th scope="col">AUROC</th><th scope="col">Median score</th>${detected ? html`<th scope="col">Found</th>` : undefined}</tr></thead><tbody>${rows}</tbody></table></div>`;
}

/** Two columns of labels and values. */
export function factTable(caption: string, facts: readonly Fact[] | undefined): Html | undefined {
  if (!facts || facts.length === 0) return undefined;
  const rows = facts
    .slice(0, MAX_ROWS)
    .map(
      ({ label, value }) =>
        html`<tr><th scope="row">${name(label)}</th><td class="words">${typeof value === 'number' ? formatNumber(value) : name(value)}</td></tr>`,
    );
  return html`<div class="scroll"><table class="facts"><caption>${caption}</caption><tbody>${rows}</tbody></table></div>`;
}

/** A configuration as facts; nested values as JSON. */
export function configurationFacts(configuration: Readonly<Record<string, unknown>>): Fact[] {
  return Object.entries(configuration)
    .filter(([, value]) => value !== undefined)
    .map(([label, value]) => ({
      label,
      value: typeof value === 'string' || typeof value === 'number' ? String(value) : list(value),
    }));
}

function list(value: unknown): string {
  const flat = Array.isArray(value) && value.every((item) => typeof item !== 'object');
  return flat ? value.join(', ') || '–' : (JSON.stringify(value) ?? '–');
}
