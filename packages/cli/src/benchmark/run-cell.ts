import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Detector, verifyBundle } from '@cflow/detector';
import { folderBundle } from '@cflow/detector/node';
import { readImages } from '@cflow/images/node';
import {
  type BundleManifest,
  type DataSetItem,
  ResumeError,
  type RgbImage,
  TrainingError,
} from '@cflow/spec';
import { evenlySpaced, type OnTrainingEvent } from '@cflow/training';
import { type TrainDetectorOptions, trainDetector } from '@cflow/training/node';
import type { BenchmarkFlags } from '../commands/benchmark.js';
import { openDetector } from '../open-detector.js';
import { detectorConfiguration, planOverrides } from '../training/training-options.js';
import { CELL_FORMAT, type Cell, type CellResult } from './cell.js';
import type { CellFiles } from './cell-files.js';

export interface RunCellOptions {
  cell: Cell;
  files: CellFiles;
  flags: BenchmarkFlags;
  threads: number;
  signal: AbortSignal;
  onEvent: OnTrainingEvent;
}

/** Images that the time of scoring is taken on, the first to warm up not counted. */
const TIMED_IMAGES = 20;

/** Trains the detector of a cell, or goes on with it, measures it, and stores what was found. */
export async function runCell(options: RunCellOptions): Promise<CellResult> {
  const { cell, files, flags } = options;
  const resumed = await files.isBegun(cell);
  const trained = resumed ? undefined : await trainedBefore(options);
  const manifest = trained ?? (await train(options, resumed));
  const { metrics, thresholds, provenance } = manifest;
  if (metrics === null) {
    throw new TrainingError(`no test image of category ${cell.category.name} could be read`);
  }
  const interval = metrics.falseAlarmRateInterval ?? null;
  const promised = thresholds.falseAlarmRate;
  const result: CellResult = {
    format: CELL_FORMAT,
    key: cell.key,
    category: cell.category.name,
    backbone: cell.variant.backbone,
    preset: cell.variant.preset,
    seed: cell.seed,
    metrics,
    promisedFalseAlarmRate: promised,
    promiseHolds: interval && interval[0] <= promised && promised <= interval[1],
    trainImages: provenance.trainImages,
    calibrationImages: manifest.calibration.score.count,
    // Of a run that was ended in between, nobody knows what it took in all.
    trainingSeconds: resumed || trained ? null : provenance.trainingSeconds,
    scoringSeconds: await scoringSeconds(options),
    bundleBytes: await folderBytes(files.bundle(cell)),
    device: provenance.device,
    configuration: { ...manifest.configuration, precision: manifest.precision },
    finishedAt: new Date().toISOString(),
  };
  await files.write(result);
  await files.clear(cell, flags.keepBundles ?? false);
  return result;
}

/** What a run trained that was ended before it had measured. */
async function trainedBefore({ cell, files }: RunCellOptions): Promise<BundleManifest | undefined> {
  return verifyBundle(folderBundle(files.bundle(cell))).then(
    ({ manifest }) => manifest,
    () => undefined,
  );
}

async function train(options: RunCellOptions, resume: boolean): Promise<BundleManifest> {
  const { cell, files, flags, threads, signal, onEvent } = options;
  const { category, variant, seed } = cell;
  const run: TrainDetectorOptions = {
    dataSet: category.dataSet,
    name: category.name,
    output: files.bundle(cell),
    preset: variant.preset,
    configuration: { ...detectorConfiguration(flags), backbone: variant.backbone, seed },
    overrides: planOverrides(flags),
    weights: variant.weights,
    device: flags.device,
    threads,
    precision: flags.precision,
    strict: flags.strict,
    featureBytes: flags.featureCacheBytes,
    signal,
    onEvent,
  };
  try {
    return await trainDetector({ ...run, resume });
  } catch (error) {
    // Another device was the best one then, or its file is damaged: what is there is of no use to this run. A training
    // that diverged would do so again.
    if (!resume || signal.aborted || !(error instanceof ResumeError)) throw error;
    return trainDetector({ ...run, resume: false });
  }
}

/** Median time of one image alone, by the bundle as it is on disk. */
async function scoringSeconds({ cell, files, flags, threads, signal }: RunCellOptions): Promise<number> {
  const images: RgbImage[] = [];
  // Good ones and all kinds of bad ones.
  const stream = readImages(evenlySpaced(testImages(cell), TIMED_IMAGES), { signal });
  for await (const { image } of stream) images.push(image);
  const detector = await openDetector(files.bundle(cell), { device: flags.device, threads });
  try {
    return await medianSeconds(detector, images, signal);
  } finally {
    await detector.dispose();
  }
}

async function medianSeconds(
  detector: Detector,
  images: readonly RgbImage[],
  signal: AbortSignal,
): Promise<number> {
  const [first] = images;
  if (first) await detector.predict(first);
  const times: number[] = [];
  for (const image of images) {
    signal.throwIfAborted();
    const start = performance.now();
    await detector.predict(image, { signal });
    times.push((performance.now() - start) / 1000);
  }
  times.sort((a, b) => a - b);
  return times[times.length >> 1] ?? 0;
}

const testImages = ({ category }: Cell): DataSetItem[] =>
  category.dataSet.items.filter(({ split, label }) => split === 'test' && label !== 'unknown');

async function folderBytes(folder: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(folder)) bytes += (await stat(join(folder, name))).size;
  return bytes;
}
