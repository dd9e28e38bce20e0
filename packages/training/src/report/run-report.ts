import { adviceOf, computeDefectMetrics } from '@cflow/evaluation';
import { layoutName, skippedText } from '@cflow/images';
import type { BundleManifest, DataSetItem, DataSetReport, Metrics, Prediction } from '@cflow/spec';
import {
  type Fact,
  type GalleryItem,
  type GoodImages,
  type LossCurve,
  type ReportData,
  renderReport,
} from '@cflow/visual';
import type { TrainedDecoder } from '../decoder/train-decoders.js';
import type { TrainingPlan } from '../plan/plan.js';

export interface RunReportOptions {
  manifest: BundleManifest;
  plan: TrainingPlan;
  decoders: readonly TrainedDecoder[];
  evaluation: ReportedEvaluation | undefined;
  /** Images that were left out, and why. */
  unreadable: readonly { error: Error }[];
  /** Good images that were left out as the most unusual, by name. */
  unusual?: { count: number; images: readonly { path: string; score: number }[] } | undefined;
  /** What the good images show, where there are none to test on. */
  goodImages?: GoodImages | undefined;
  /** What was understood of the data set, of one on disk. */
  dataSet?: DataSetReport;
}

/** What test images gave, and pictures of some. */
export interface ReportedEvaluation {
  metrics: Metrics;
  images: readonly {
    item: Pick<DataSetItem, 'label' | 'defect'>;
    prediction: Pick<Prediction, 'score'>;
  }[];
  mistakes: GalleryItem[];
  examples: GalleryItem[];
}

const MOST_NAMED = 10;

/** The HTML report of a run. */
export function runReport(options: RunReportOptions): string {
  const { manifest, plan, decoders, evaluation } = options;
  const { configuration, provenance, thresholds, layers, metrics } = manifest;
  const images = evaluation?.images ?? [];
  const scores = images.map(({ prediction }) => prediction.score);
  const labels = images.map(({ item }) => item.label === 'bad');
  const ofLabel = (bad: boolean): number[] => scores.filter((_, i) => labels[i] === bad);
  const data: ReportData = {
    title: manifest.name,
    createdAt: manifest.createdAt,
    detector:
      configuration.method === 'memory'
        ? `${configuration.backbone}, ${layers.length} layers, a memory`
        : `${configuration.backbone}, ${layers.length} layers, ${configuration.couplingBlocks} coupling blocks`,
    dataSet: { name: provenance.dataSet, facts: dataFacts(options) },
    advice: adviceOf({ ...manifest, largestPicture: options.dataSet?.sizes?.largest }),
    configuration: { ...configuration, ...plan },
    ...(metrics && { metrics }),
    // What the report says of a calibration holds for images that took no part in training only.
    ...(manifest.calibration.images !== 'training' && { calibration: manifest.calibration.score }),
    threshold: thresholds.score,
    ...(options.goodImages && { goodImages: options.goodImages }),
    training: decoders.map((decoder, i) => lossCurve(layers[i]?.name ?? '', decoder)),
    notes: notes(options),
    timing: timing(options),
    provenance: provenanceFacts(manifest),
  };
  if (evaluation && images.length > 0) {
    const { mistakes, examples } = evaluation;
    Object.assign(data, {
      scores: { good: ofLabel(false), bad: ofLabel(true) },
      defects: computeDefectMetrics({
        scores,
        labels,
        defects: images.map(({ item }) => item.defect),
        threshold: thresholds.score,
      }),
      mistakes,
      examples,
    } satisfies Partial<ReportData>);
  }
  return renderReport(data);
}

function lossCurve(layer: string, { history, bestEpoch }: TrainedDecoder): LossCurve {
  return {
    layer,
    training: history.map(({ loss }) => negativeLogLikelihood(loss)),
    validation: history.flatMap(({ heldOut }) => (heldOut === null ? [] : [heldOut])),
    bestEpoch: bestEpoch + 1,
  };
}

/**
 * The training loss is -logsigmoid of the log-likelihood; its inverse brings it to the scale of the held-out curve beside
 * it: log(exp(loss) - 1), in a form that does not overflow.
 */
function negativeLogLikelihood(loss: number): number {
  return loss + Math.log(-Math.expm1(-loss));
}

function dataFacts({ manifest: { provenance }, evaluation, unreadable, dataSet }: RunReportOptions): Fact[] {
  const metrics = evaluation?.metrics;
  return [
    { label: 'Data set', value: provenance.dataSet },
    ...(dataSet ? [{ label: 'Read as', value: layoutName(dataSet.layout) }] : []),
    { label: 'Good images trained on', value: provenance.trainImages },
    { label: 'Good images held out', value: provenance.validationImages },
    ...(metrics
      ? [
          { label: 'Test images', value: `${metrics.goodImages} good, ${metrics.badImages} bad` },
          { label: 'Test images that count for pixel figures', value: metrics.pixelImages },
        ]
      : []),
    ...(dataSet && dataSet.bad.test > 0
      ? [{ label: 'Bad images with a mask', value: `${dataSet.bad.masks} of ${dataSet.bad.test}` }]
      : []),
    ...(dataSet && dataSet.skipped.length > 0
      ? [{ label: 'Skipped', value: dataSet.skipped.map(skippedText).join('; ') }]
      : []),
    ...(unreadable.length > 0 ? [{ label: 'Left out, not readable', value: unreadable.length }] : []),
  ];
}

function notes({ manifest, plan, evaluation, unreadable, unusual, dataSet }: RunReportOptions): string[] {
  const { calibration, thresholds } = manifest;
  const lines: string[] = [];
  for (const { message } of dataSet?.findings ?? []) {
    lines.push(`Of the data set: ${message}${message.endsWith('.') ? '' : '.'}`);
  }
  if (unreadable.length > 0) {
    const many = unreadable.length === 1 ? '1 image' : `${unreadable.length} images`;
    lines.push(`${many} could not be read and took no part in training:`);
    for (const { error } of unreadable.slice(0, MOST_NAMED)) lines.push(error.message);
    if (unreadable.length > MOST_NAMED) lines.push(`… and ${unreadable.length - MOST_NAMED} more.`);
  }
  if (unusual) {
    lines.push(
      `${unusual.count} good images that are least like the others took no part, as contamination ${plan.contamination} asks. ` +
        'Good ones among them make false alarms likelier than the threshold says:',
    );
    for (const { path, score } of unusual.images.slice(0, MOST_NAMED)) {
      lines.push(`${path}, score ${Number(score.toPrecision(3))}`);
    }
    if (unusual.count > MOST_NAMED) lines.push(`… and ${unusual.count - MOST_NAMED} more.`);
  }
  if (calibration.images === 'training') {
    lines.push(
      `There were too few good images to hold some out, so the threshold comes from the ${calibration.score.count} ` +
        'images that the detector was trained on. Expect more false alarms than it says; with 50 good images or ' +
        'more it is calibrated on images it has not seen.',
    );
  } else if (thresholds.falseAlarmRate > 0.01) {
    lines.push(
      `The threshold is for ${percent(thresholds.falseAlarmRate)} false alarms: ${calibration.score.count} ` +
        (calibration.images === 'held-out'
          ? 'held-out good images can vouch for no lower rate. More good images, or a larger validation fraction, would allow one.'
          : 'good images can vouch for no lower rate. More good images would allow one.'),
    );
  }
  if (!evaluation) lines.push('The detector was not evaluated: the data set has no labelled test images.');
  return lines;
}

const percent = (share: number): string => `${Number((share * 100).toPrecision(2))} %`;

function timing({ manifest: { provenance }, evaluation }: RunReportOptions): Fact[] {
  const { trainingSeconds, epochs, trainImages, validationImages } = provenance;
  return [
    { label: 'Features and training', value: `${trainingSeconds.toFixed(1)} s` },
    { label: 'Epochs', value: epochs },
    { label: 'Good images', value: trainImages + validationImages },
    ...(evaluation ? [{ label: 'Images evaluated', value: evaluation.metrics.images }] : []),
  ];
}

function provenanceFacts({ provenance, configuration, backbone, precision }: BundleManifest): Fact[] {
  return [
    { label: 'Device', value: provenance.device },
    { label: 'Preset', value: provenance.preset },
    { label: 'Seed', value: String(configuration.seed) },
    { label: 'Precision of weights', value: precision },
    { label: 'Backbone', value: backbone.name },
    { label: 'Backbone from', value: backbone.source },
    { label: 'Backbone licence', value: backbone.licence ?? 'not known' },
    { label: 'Backbone SHA-256', value: backbone.sha256 },
    ...Object.entries(provenance.versions).map(([label, value]) => ({ label, value })),
  ];
}
