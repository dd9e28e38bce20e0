import { type DetectOptions, type Detector, scoreThreshold } from '@cflow/detector';
import { checkRegions } from '@cflow/detector/node';
import { checkIgnoreMask } from '@cflow/images';
import { decodeMask, eachWithRegion, openDataSet, type UnreadableImage } from '@cflow/images/node';
import { findFfmpeg, isFilmName, videoInput } from '@cflow/line';
import { ConfigurationError, type DataSetItem, ImageError, type Mask, type Prediction } from '@cflow/spec';
import { EXIT } from '../../exit-code.js';
import { interruptible } from '../../interruptible.js';
import { openDetector, placeOf } from '../../open-detector.js';
import { imageLimits } from '../../options/image-limit-options.js';
import { thresholdOf } from '../../options/threshold-options.js';
import { count, formatDuration, formatNumber, formatPercent } from '../../terminal/format.js';
import { noteWarned } from '../../terminal/note-warned.js';
import { isStdoutClosed, noteLine } from '../../terminal/output.js';
import { ScanBar } from '../../terminal/scan-bar.js';
import { noteUnreadable } from '../../terminal/unreadable.js';
import type { PredictFlags } from './flags.js';
import { imageBatches } from './image-batches.js';
import { PredictionFiles } from './prediction-files.js';
import { JsonPrinter, type PredictionPrinter, TablePrinter } from './prediction-printer.js';

interface Tally {
  good: number;
  bad: number;
  unreadable: UnreadableImage[];
  /** The names of odd images, and why they are odd. */
  warned: string[];
  seconds: number;
}

/** From the command line to a line per image. */
export async function runPredict(
  bundle: string,
  paths: readonly string[],
  flags: PredictFlags,
): Promise<void> {
  if (paths.some(isFilmName)) return predictOneFilm(bundle, paths, flags);
  for (const [name, value] of Object.entries({ scores: flags.scores, fps: flags.fps, gap: flags.gap })) {
    if (value !== undefined)
      throw new ConfigurationError(`--${name} is for films: leave it out, or name one`);
  }
  // As a list, so that a folder is all images below it and not a data set with a layout.
  const { items } = eachWithRegion(
    await openDataSet(paths, {
      everyImage: true,
      ...(flags.region !== undefined && { region: flags.region }),
    }),
  );
  const detector = await openDetector(bundle, flags);
  try {
    checkRegions(detector.manifest, items);
    const threshold = scoreThreshold(detector.manifest, thresholdOf(flags));
    const printer = flags.json ? new JsonPrinter() : new TablePrinter(items.map(({ name }) => name));
    const files = await PredictionFiles.open(flags, detector.manifest);
    const tally = await interruptible((signal) => predictAll(detector, items, printer, files, flags, signal));
    noteUnreadable(tally.unreadable);
    noteWarned(tally.warned);
    if (!flags.json) noteLine(summary(tally, threshold, detector));
    if (flags.failOnBad && tally.bad > 0) process.exitCode = EXIT.error;
    if (flags.strict && tally.unreadable.length > 0) process.exitCode = EXIT.usage;
  } finally {
    await detector.dispose();
  }
}

async function predictOneFilm(bundle: string, paths: readonly string[], flags: PredictFlags): Promise<void> {
  const [path] = paths;
  const input = paths.length === 1 ? videoInput(path as string) : undefined;
  if (!input)
    throw new ConfigurationError(
      `expected one film alone, got ${count(paths.length, 'path')}; run once for each film, and once for the images`,
    );
  for (const name of ['layers', 'region'] as const) {
    if (flags[name]) throw new ConfigurationError(`--${name} is for images: leave it out for a film`);
  }
  findFfmpeg();
  const { predictFilm } = await import('./predict-film.js');
  await predictFilm(bundle, input, flags);
}

async function predictAll(
  detector: Detector,
  items: readonly DataSetItem[],
  printer: PredictionPrinter,
  files: PredictionFiles,
  flags: PredictFlags,
  signal: AbortSignal,
): Promise<Tally> {
  const limits = imageLimits(flags);
  const options: DetectOptions = {
    ...thresholdOf(flags),
    pixelThreshold: flags.pixelThreshold,
    minArea: flags.minArea,
    minShare: flags.minShare,
    layers: flags.layers,
    ignore: flags.ignore === undefined ? undefined : await decodeMask(flags.ignore, limits),
    signal,
  };
  const { inputSize, geometry, range, outOfRange } = detector.manifest.configuration;
  const started = performance.now();
  const tally: Tally = { good: 0, bad: 0, unreadable: [], warned: [], seconds: 0 };
  // A table on a terminal shows its own progress.
  const bar = new ScanBar('scoring', items.length, process.stderr.isTTY === true && !process.stdout.isTTY);
  const batches = imageBatches(items, {
    signal,
    range,
    outOfRange,
    regionGrid: inputSize,
    ...(limits && { limits }),
    // The image at its own size is only needed to draw on.
    ...(!files.wantsImages && { canvas: { inputSize, geometry } }),
    onUnreadable: (each) => {
      tally.unreadable.push(each);
      printer.unreadable((each.item as DataSetItem).name, each.error);
    },
  });
  try {
    for await (const batch of batches) {
      const predictions = await detector.predictBatch(
        batch.map(({ image }) => image),
        { ...options, pictures: batch.map(({ original }) => original) },
      );
      for (const [i, { item, image, original }] of batch.entries()) {
        checkIgnored(options.ignore, original, item.name);
        const prediction = predictions[i] as Prediction;
        const written = await files.write(item.name, image, prediction);
        if (prediction.warnings) tally.warned.push(`${item.name} ${prediction.warnings.join('; ')}`);
        printer.prediction({ name: item.name, original, prediction, written });
        tally[prediction.label] += 1;
      }
      bar.update((batch.at(-1)?.index ?? 0) + 1);
      if (isStdoutClosed() && !files.wantsAny) break;
    }
  } finally {
    bar.stop();
  }
  tally.seconds = (performance.now() - started) / 1000;
  return tally;
}

/** @throws ImageError naming the image whose mask marks nothing */
function checkIgnored(mask: Mask | undefined, image: { width: number; height: number }, name: string): void {
  if (!mask) return;
  try {
    checkIgnoreMask(mask, image);
  } catch (error) {
    throw error instanceof ImageError
      ? new ImageError(`${name}: ${error.message}`, { details: error.details, cause: error })
      : error;
  }
}

function summary({ good, bad, unreadable, seconds }: Tally, threshold: number, detector: Detector): string {
  const images = good + bad;
  const { thresholds } = detector.manifest;
  const meaning =
    threshold === thresholds.score ? ` (${formatPercent(thresholds.falseAlarmRate)} false alarms)` : '';
  const left = unreadable.length > 0 ? `, ${unreadable.length} not readable` : '';
  const speed = seconds > 0 ? `, ${formatNumber(images / seconds)} per second` : '';
  return `${count(images, 'image')}: ${bad} bad, ${good} good${left}; threshold ${formatNumber(threshold)}${meaning}; ${formatDuration(seconds)} on ${placeOf(detector)}${speed}`;
}
