import { adviceSection } from './advice-section.js';
import { calibrationSection } from './calibration-section.js';
import { count } from './format.js';
import { gallerySection, viewsSection } from './gallery.js';
import { Html, html, name, type Part } from './html.js';
import { lossChart } from './loss-chart.js';
import type { ReportData } from './report-data.js';
import { rocChart } from './roc-chart.js';
import { scoreChart } from './score-chart.js';
import { STYLE } from './style.js';
import { configurationFacts, defectTable, factTable, keyFigures, metricsTable } from './tables.js';

export interface RenderReportOptions {
  /** Bytes of pictures, before base64, that the report may hold. Default 12 MiB. */
  maxPictureBytes?: number | undefined;
}

const MAX_LAYERS = 24;
const MAX_NOTES = 50;

/**
 * One HTML file that tells a training run: it loads nothing from elsewhere and has no scripts. All text is escaped; file
 * names may be hostile. Parts that `data` lacks are left out.
 */
export function renderReport(data: ReportData, options: RenderReportOptions = {}): string {
  const title = data.title ?? data.dataSet?.name ?? 'Detector';
  const budget = { bytes: options.maxPictureBytes ?? 12 * 2 ** 20 };
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="generator" content="cflow">
<title>${title} · CFLOW report</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<header>
<p class="kicker">CFLOW anomaly detector${data.createdAt && html` · <time datetime="${data.createdAt}">${data.createdAt.slice(0, 16).replace('T', ' ')}</time>`}</p>
<h1>${name(title)}</h1>
${data.detector && html`<p class="sub">${name(data.detector)}</p>`}
</header>
<main>
${data.advice && adviceSection(data.advice)}
${data.metrics && keyFigures(data.metrics)}
${notes(data.notes)}
${scoresSection(data)}
${goodScoresSection(data)}
${calibrationSection(data)}
${gallerySection('The most unusual good images', 'Those least like the others, the most unusual first: is each really good? One that is not makes the detector blind to what is wrong with it: take it out and train again. Right of each, what is unlike the others.', data.goodImages?.unusual, budget, data.threshold)}
${viewsSection('What the detector sees', data.goodImages?.views, budget)}
${gallerySection('Worst mistakes', 'False alarms and missed defects, the clearest first. Left the image, right its anomaly map; a line marks the true defect where it is known.', data.mistakes, budget, data.threshold)}
${section('By kind of defect', data.defects && data.defects.length > 0 && defectTable(data.defects))}
${gallerySection('Typical examples', 'Images that were judged rightly.', data.examples, budget, data.threshold)}
${trainingSection(data)}
${section('All figures', data.metrics && metricsTable(data.metrics))}
${section('The run', [
  factTable('Data', data.dataSet?.facts),
  factTable('Time', data.timing),
  settings(data),
])}
</main>
<footer>Scores are raw anomaly scores: higher is worse. Nothing on this page is loaded from elsewhere.</footer>
</body>
</html>
`;
  return page.text;
}

function section(title: string, content: Part | false): Html | undefined {
  const empty = !content || (Array.isArray(content) && content.every((part) => part === undefined));
  return empty ? undefined : html`<section><h2>${title}</h2>${content}</section>`;
}

/** What few readers need, a click away; on paper it is all there. */
const settings = ({ configuration, provenance }: ReportData): Html | undefined =>
  (configuration ?? provenance) &&
  html`<details class="more"><summary>All settings</summary>${[factTable('Configuration', configuration && configurationFacts(configuration)), factTable('Provenance', provenance)]}</details>`;

function notes(lines: readonly string[] | undefined): Html | undefined {
  if (!lines || lines.length === 0) return undefined;
  const shown = lines.slice(0, MAX_NOTES).map((line) => html`<li>${line.slice(0, 1000)}</li>`);
  const left = lines.length - shown.length;
  return html`<ul class="notes" aria-label="Notes">${shown}${left > 0 ? html`<li>${count(left, 'more note')} not shown.</li>` : undefined}</ul>`;
}

function scoresSection({ scores, threshold }: ReportData): Html | undefined {
  if (!scores) return undefined;
  const { good, bad } = scores;
  const legend = [
    good.length > 0 &&
      html`<li>${swatch('<rect class="good" width="16" height="8"/>')}good, ${count(good.length, 'image')}</li>`,
    bad.length > 0 &&
      html`<li>${swatch('<rect class="bad" width="16" height="8"/>')}bad, ${count(bad.length, 'image')}</li>`,
    threshold !== undefined && html`<li>${swatch('<path class="threshold" d="M0 4h16"/>')}threshold</li>`,
  ];
  const charts = [scoreChart(good, bad, threshold), rocChart(good, bad, threshold)];
  return section('Scores', [
    html`<ul class="legend">${legend.filter((item) => item !== false)}</ul>`,
    html`<div class="charts">${charts}</div>`,
  ]);
}

/** How good images score against each other, where there is nothing else to score. */
function goodScoresSection({ goodImages, scores, threshold }: ReportData): Html | undefined {
  if (!goodImages || scores || goodImages.scores.length === 0) return undefined;
  return section('Scores of the good images', [
    html`<p class="prose">Each as if the detector had not seen it. There are no bad images here, so nothing says yet how far from these their scores are: a few photographs of bad parts, in a folder <code>bad</code>, would.</p>`,
    html`<div class="charts">${scoreChart(goodImages.scores, [], threshold)}</div>`,
  ]);
}

function trainingSection({ training }: ReportData): Html | undefined {
  if (!training || training.length === 0) return undefined;
  const heldOut = training.some(({ validation }) => validation && validation.length > 0);
  const best = training.some(({ bestEpoch }) => bestEpoch !== undefined);
  const shown = training.slice(0, MAX_LAYERS);
  return section('Training', [
    html`<p class="prose">Mean negative log-likelihood per dimension of each layer’s decoder; lower is better.${training.length > shown.length ? ` The first ${shown.length} of ${training.length} layers.` : ''}</p>`,
    html`<ul class="legend"><li>${swatch('<path class="curve training" d="M0 4h16"/>')}training images</li>${heldOut ? html`<li>${swatch('<path class="curve validation" d="M0 4h16"/>')}held-out good images</li>` : undefined}${best ? html`<li>${swatch('<circle class="best" cx="8" cy="4" r="3"/>')}kept</li>` : undefined}</ul>`,
    html`<div class="charts small">${shown.map(lossChart)}</div>`,
  ]);
}

/** A small sample of how a chart draws something. */
function swatch(shape: string): Html {
  return html`<svg viewBox="0 0 16 8" aria-hidden="true">${new Html(shape)}</svg>`;
}
