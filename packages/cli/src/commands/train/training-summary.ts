import { join } from 'node:path';
import { adviceOf } from '@cflow/evaluation';
import { BUNDLE_FILES, type BundleManifest, type Metrics } from '@cflow/spec';
import { count, formatBytes, formatDuration, formatNumber, formatPercent } from '../../terminal/format.js';
import { metricsLines } from '../../terminal/metrics-lines.js';
import { printable } from '../../terminal/printable.js';
import { refusedText } from './refused-devices.js';
import type { RunRecord } from './run-record.js';

/** Most images that are named, of those left out for the same reason. */
const MOST_NAMED = 10;

/** What a person wants to know after a run: where the bundle is, how good it is, what did not work. */
export function summaryLines(manifest: BundleManifest, record: RunRecord, bundle: string): string[] {
  const { provenance, metrics, thresholds } = manifest;
  const size = Object.values(manifest.files).reduce((sum, { bytes }) => sum + bytes, 0);
  const heldOut = provenance.validationImages > 0 ? `, ${provenance.validationImages} held out` : '';
  const seconds = record.done?.seconds ?? provenance.trainingSeconds;
  return [
    '',
    `${printable(manifest.name)}: ${printable(bundle)} (${formatBytes(size)})`,
    '',
    `trained    on ${count(provenance.trainImages, 'good image')}${heldOut}; ${howLong(manifest)} in ${formatDuration(seconds)} on ${provenance.device}`,
    ...(record.start && record.start.refused.length > 0
      ? [`           ${refusedText(record.start.refused)}`]
      : []),
    ...unusualLines(record),
    ...unreadableLines(record),
    `threshold  ${formatNumber(thresholds.score)}${calibrationText(manifest)}`,
    ...(metrics
      ? [
          `tested     on ${metrics.goodImages} good and ${metrics.badImages} bad images${atThreshold(metrics)}`,
        ]
      : []),
    `report     ${printable(join(bundle, BUNDLE_FILES.report))}`,
    '',
    ...(metrics ? [...metricsLines(metrics), ''] : []),
    ...adviceLines(manifest, record),
    '',
    `Next: cflow predict ${quoteIfNeeded(bundle)} IMAGES...`,
  ];
}

/** The verdict, and what to do next. */
function adviceLines(manifest: BundleManifest, record: RunRecord): string[] {
  const { verdict, steps } = adviceOf({ ...manifest, largestPicture: record.largestPicture });
  return [verdict, ...steps.map(({ text }, i) => `  ${i + 1}. ${text}`)];
}

const howLong = ({ configuration, provenance }: BundleManifest): string =>
  configuration.method === 'memory' ? 'a memory' : count(provenance.epochs, 'epoch');

/** Images that took no part, why, and the names of the first few. */
function leftOutLines(why: string, total: number, named: readonly string[]): string[] {
  const shown = named.slice(0, MOST_NAMED);
  const more = total - shown.length;
  return [
    `left out   ${why}:`,
    ...shown.map((line) => printable(`           ${line}`)),
    ...(more > 0 ? [`           and ${more} more`] : []),
  ];
}

function unusualLines({ leftOut }: RunRecord): string[] {
  if (!leftOut) return [];
  return leftOutLines(
    `the ${count(leftOut.count, 'good image')} least like the others, the most unusual first`,
    leftOut.count,
    leftOut.images.map(({ path, score }) => `${path}, score ${formatNumber(score)}`),
  );
}

function unreadableLines({ unreadable }: RunRecord): string[] {
  if (unreadable.length === 0) return [];
  return leftOutLines(
    `${count(unreadable.length, 'image')} that could not be read`,
    unreadable.length,
    unreadable.map(({ reason }) => reason),
  );
}

function calibrationText({ calibration, thresholds }: BundleManifest): string {
  const rate = formatPercent(thresholds.falseAlarmRate);
  const images = count(calibration.score.count, 'good image');
  if (calibration.images === 'held-out')
    return `, for ${rate} false alarms; calibrated on ${images} held out`;
  return calibration.images === 'cross-fitted'
    ? `, for ${rate} false alarms; calibrated on ${images}, each compared with the others`
    : `, for ${rate} false alarms; calibrated on the ${images} trained on, too few to hold any out: expect more`;
}

function atThreshold({ goodImages, badImages, falseAlarmRate, detectionRate }: Metrics): string {
  const parts = [
    typeof falseAlarmRate === 'number' && goodImages > 0
      ? `${Math.round(falseAlarmRate * goodImages)} of the good called bad`
      : undefined,
    typeof detectionRate === 'number' && badImages > 0
      ? `${Math.round(detectionRate * badImages)} of the bad found`
      : undefined,
  ].filter((part) => part !== undefined);
  return parts.length > 0 ? `: ${parts.join(', ')}` : '';
}

const quoteIfNeeded = (path: string): string => (/^[\w./-]+$/.test(path) ? path : `'${path}'`);
