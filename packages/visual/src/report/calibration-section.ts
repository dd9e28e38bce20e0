import { falseAlarmProbability, thresholdForFalseAlarmRate } from '@cflow/evaluation';
import { count, formatNumber, formatPercent } from './format.js';
import { type Html, html } from './html.js';
import type { ReportData } from './report-data.js';

const RATES = [0.1, 0.05, 0.02, 0.01, 0.001];

/** What the calibration says, in words and as a table of thresholds. */
export function calibrationSection(data: ReportData): Html | undefined {
  const { calibration, threshold, scores } = data;
  // Where there are no images to test on, what the threshold would do to the good ones.
  const good = scores ? undefined : data.goodImages?.scores;
  if (!calibration) return undefined;
  const rows = RATES.map((rate) => {
    const limit = thresholdForFalseAlarmRate(calibration, rate);
    return html`<tr><th scope="row">${formatPercent(rate)}</th><td>${formatNumber(limit)}</td>${scores && html`<td>${above(scores.good, limit)}</td><td>${above(scores.bad, limit)}</td>`}${good && html`<td>${above(good, limit)}</td>`}</tr>`;
  });
  return html`<section><h2>Calibration</h2>
<p class="prose">The score was calibrated on ${count(calibration.count, 'good image')}, each judged as if the detector had not seen it.${threshold !== undefined && Number.isFinite(threshold) ? statement(falseAlarmProbability(calibration, threshold), threshold) : undefined} ${observed(data)}</p>
<div class="scroll"><table><caption>Thresholds by the false-alarm rate they should give${scores && ', and what they do on the test images'}</caption><thead><tr><th scope="col">False alarms expected</th><th scope="col">Threshold</th>${scores && html`<th scope="col">False alarms</th><th scope="col">Defects found</th>`}${good && html`<th scope="col">Good images above it</th>`}</tr></thead><tbody>${rows}</tbody></table></div>
</section>`;
}

function statement(probability: number, threshold: number): Html {
  const share = probability < 0.5 ? `, about one in ${Math.round(1 / probability).toLocaleString('en')}` : '';
  return html` At the threshold <strong>${formatNumber(threshold)}</strong> a good image is expected to raise a false alarm with a probability of <strong>${formatPercent(probability)}</strong>${probability > 1e-9 ? share : ''}.`;
}

function observed({ metrics, calibration, threshold }: ReportData): string {
  const interval = metrics?.falseAlarmRateInterval;
  // Only figures counted at this very threshold may be set against its probability.
  if (!metrics || !interval || metrics.falseAlarmRate == null || metrics.threshold === undefined) return '';
  const alarms = Math.round(metrics.falseAlarmRate * metrics.goodImages);
  const text =
    `On ${count(metrics.goodImages, 'good test image')} it raised ${count(alarms, 'false alarm')}: ` +
    `${formatPercent(metrics.falseAlarmRate)}, 95 % confidence interval ${formatPercent(interval[0])} to ${formatPercent(interval[1])}.`;
  if (!calibration || threshold === undefined || metrics.threshold !== threshold) return text;
  const expected = falseAlarmProbability(calibration, threshold);
  if (expected < interval[0]) {
    return `${text} That is more than the calibration promised: the good test images differ from those it was calibrated on.`;
  }
  if (expected > interval[1]) return `${text} That is fewer than expected: the threshold could be lower.`;
  return `${text} That agrees with the calibration.`;
}

function above(values: readonly number[], limit: number): string {
  if (values.length === 0) return '–';
  const n = values.filter((value) => value >= limit).length;
  return `${n} of ${values.length}`;
}
