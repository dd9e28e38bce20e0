import type { Detector } from '@cflow/detector';
import { scoreThreshold } from '@cflow/detector';
import { checkWritable, type Evaluation, evaluateDetector } from '@cflow/detector/node';
import { computeDefectMetrics, type DefectMetrics } from '@cflow/evaluation';
import {
  checkReport,
  eachWithRegion,
  examineDataSet,
  openDataSet,
  type UnreadableImage,
} from '@cflow/images/node';
import type { DataSet, DataSetReport } from '@cflow/spec';
import { interruptible } from '../../interruptible.js';
import { openDetector } from '../../open-detector.js';
import { dataSetOptions, dataSetSource } from '../../options/data-set-options.js';
import { imageLimits } from '../../options/image-limit-options.js';
import { formatFigure, formatNumber, formatPercent } from '../../terminal/format.js';
import { metricsLines } from '../../terminal/metrics-lines.js';
import { noteDataSet } from '../../terminal/note-data-set.js';
import { noteWarned } from '../../terminal/note-warned.js';
import { printLine } from '../../terminal/output.js';
import { printable } from '../../terminal/printable.js';
import { ScanBar } from '../../terminal/scan-bar.js';
import { tableLines } from '../../terminal/table.js';
import { noteUnreadable } from '../../terminal/unreadable.js';
import type { EvaluationResult } from './evaluation-result.js';
import type { EvaluateFlags } from './flags.js';
import { writeEvaluation } from './write-evaluation.js';

/** From the command line to the figures of a detector. */
export async function runEvaluate(
  bundle: string,
  paths: readonly string[],
  flags: EvaluateFlags,
): Promise<void> {
  const limits = imageLimits(flags);
  if (flags.output !== undefined) await checkWritable(flags.output);
  const detector = await openDetector(bundle, flags);
  try {
    const threshold = scoreThreshold(detector.manifest, flags);
    const { dataSet, report } = await interruptible(async (signal) => {
      const options = { ...dataSetOptions(flags), split: 'test', signal } as const;
      return examineDataSet(await openDataSet(dataSetSource(paths, flags), options), { signal, limits });
    });
    if (!flags.json) noteDataSet(report);
    checkReport(report);
    // A region that the bundle keeps is applied anyway.
    const { items: given } = detector.manifest.region ? dataSet : eachWithRegion(dataSet);
    const items = given.filter(({ split }) => split === 'test');
    const unreadable: UnreadableImage[] = [];
    const bar = new ScanBar('evaluating', items.length);
    const evaluation = await interruptible((signal) =>
      evaluateDetector(detector, items, {
        threshold,
        strict: flags.strict,
        limits,
        signal,
        onProgress: (done) => bar.update(done),
        onUnreadable: (each) => unreadable.push(each),
      }),
    ).finally(() => bar.stop());
    noteUnreadable(unreadable);
    noteWarned(warnedOf(evaluation));
    const result = resultOf(detector, dataSet, report, evaluation, threshold, unreadable.length);
    if (flags.output !== undefined) {
      await writeEvaluation(flags.output, { ...result, output: flags.output }, evaluation, {
        threshold,
        manifest: detector.manifest,
        limits,
      });
      result.output = flags.output;
    }
    if (flags.json) printLine(JSON.stringify(result));
    else for (const line of resultLines(result)) printLine(line);
  } finally {
    await detector.dispose();
  }
}

function resultOf(
  detector: Detector,
  dataSet: DataSet,
  dataSetReport: DataSetReport,
  { metrics, images }: Evaluation,
  threshold: number,
  unreadable: number,
): EvaluationResult {
  const defects = computeDefectMetrics({
    scores: images.map(({ prediction }) => prediction.score),
    labels: images.map(({ item }) => item.label === 'bad'),
    defects: images.map(({ item }) => item.defect),
    threshold,
  });
  const { name, precisionMode } = detector.manifest;
  const { device } = detector;
  return {
    ...metrics,
    detector: name,
    dataSet: dataSet.name,
    device,
    ...(precisionMode && { precisionMode }),
    unreadable,
    dataSetReport,
    defects,
  };
}

/** A share as what was counted. */
const share = (rate: number | null | undefined, total: number): string =>
  typeof rate === 'number' ? `${Math.round(rate * total)} of ${total}` : '–';

function resultLines(result: EvaluationResult): string[] {
  const { goodImages, badImages, threshold, defects, falseAlarmRateInterval: interval } = result;
  const range = interval
    ? `, 95 % interval ${formatPercent(interval[0])} to ${formatPercent(interval[1])}`
    : '';
  const { falseAlarmRate } = result;
  const alarms = typeof falseAlarmRate === 'number' ? ` (${formatPercent(falseAlarmRate)}${range})` : '';
  const place = `at score ${formatNumber(threshold)}: `;
  const { locationRate } = result;
  const located =
    typeof locationRate === 'number'
      ? `; of those with a mask, ${formatPercent(locationRate)} with a region that meets it`
      : '';
  return [
    printable(
      `${result.detector} on ${result.dataSet}: ${goodImages} good and ${badImages} bad images, on ${result.device}${result.precisionMode ? `, precision mode ${result.precisionMode}` : ''}`,
    ),
    '',
    ...metricsLines(result),
    '',
    `${place}${share(falseAlarmRate, goodImages)} good images called bad${alarms}`,
    `${' '.repeat(place.length)}${share(result.detectionRate, badImages)} bad images found${located}`,
    ...(result.operatingPoints && badImages > 0 ? ['', ...operatingPointLines(result)] : []),
    ...(defects.length > 0 ? ['', ...defectLines(defects)] : []),
    ...(result.output === undefined ? [] : ['', printable(`written to ${result.output}`)]),
  ];
}

/** What other rates would find, as a help in choosing `--false-alarm-rate`. */
function operatingPointLines({ operatingPoints = [], goodImages, badImages }: EvaluationResult): string[] {
  return tableLines(
    [
      { title: 'promised' },
      { title: 'at score', align: 'right' },
      { title: 'good called bad', align: 'right' },
      { title: 'bad found', align: 'right' },
    ],
    operatingPoints.map(({ promised, threshold, falseAlarmRate, detectionRate }) => [
      formatPercent(promised),
      formatNumber(threshold),
      share(falseAlarmRate, goodImages),
      share(detectionRate, badImages),
    ]),
  );
}

function defectLines(defects: readonly DefectMetrics[]): string[] {
  return tableLines(
    [
      { title: 'defect' },
      { title: 'images', align: 'right' },
      { title: 'AUROC', align: 'right' },
      { title: 'median score', align: 'right' },
      { title: 'found', align: 'right' },
    ],
    defects.map(({ defect, images, auroc, medianScore, detected }) => [
      printable(defect),
      `${images}`,
      formatFigure(auroc),
      formatNumber(medianScore),
      `${detected ?? '–'}`,
    ]),
  );
}

function warnedOf({ images }: Evaluation): string[] {
  return images.flatMap(({ item, prediction: { warnings } }) =>
    warnings ? [`${item.name} ${warnings.join('; ')}`] : [],
  );
}
