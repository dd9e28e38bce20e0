import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { verifyBundle } from '@cflow/detector';
import { folderBundle } from '@cflow/detector/node';
import { evenlySpaced } from '@cflow/images';
import { type DecodeImageOptions, readImages } from '@cflow/images/node';
import {
  type BundleManifest,
  type DataSetItem,
  ResumeError,
  type RgbImage,
  TrainingError,
} from '@cflow/spec';
import { type TrainDetectorOptions, trainDetector } from '@cflow/training/node';
import { openDetector } from '../../open-detector.js';
import type { CellTask } from './cell.js';
import { CELL_FORMAT, type Cell, type CellResult } from './cell.js';
import { promiseOf } from './promise.js';

/** The same for all cells of a variant: how its detectors are trained. */
export type TrainingOfVariant = Pick<
  TrainDetectorOptions,
  'preset' | 'configuration' | 'overrides' | 'weights' | 'precision' | 'strict' | 'limits' | 'featureBytes'
>;

/** Images used to time the scoring. */
export const TIMED_IMAGES = 20;

/** Trains the detector of a cell, or continues its training, and measures it. */
export async function measureDetector(task: CellTask, training: TrainingOfVariant): Promise<CellResult> {
  const { cell, files } = task;
  const resumed = await files.isBegun(cell);
  const trained = resumed ? undefined : await trainedBefore(task);
  const manifest = trained ?? (await train(task, training, resumed));
  const { metrics, thresholds, provenance } = manifest;
  if (metrics === null) {
    throw new TrainingError(`no test image of category ${cell.category.name} could be read`);
  }
  return {
    ...cellNames(cell),
    metrics,
    ...promiseOf(metrics, thresholds),
    trainImages: provenance.trainImages,
    calibrationImages: manifest.calibration.score.count,
    // For an interrupted run, the total time is not known.
    trainingSeconds: resumed || trained ? null : provenance.trainingSeconds,
    scoringSeconds: await scoringSeconds(task, { ...training.limits, range: manifest.configuration.range }),
    bundleBytes: await folderBytes(files.bundle(cell)),
    device: provenance.device,
    configuration: { ...manifest.configuration, precision: manifest.precision },
    finishedAt: new Date().toISOString(),
  };
}

/** What a result says of its cell. */
export function cellNames({
  key,
  category,
  variant,
  seed,
}: Cell): Pick<
  CellResult,
  'format' | 'key' | 'category' | 'variant' | 'kind' | 'backbone' | 'preset' | 'seed'
> {
  const { name, kind, backbone, preset } = variant;
  return { format: CELL_FORMAT, key, category: category.name, variant: name, kind, backbone, preset, seed };
}

/** The bundle of a run that was ended before it had measured. */
async function trainedBefore({ cell, files }: CellTask): Promise<BundleManifest | undefined> {
  return verifyBundle(folderBundle(files.bundle(cell))).then(
    ({ manifest }) => manifest,
    () => undefined,
  );
}

async function train(
  { cell, files, device, threads, signal, onEvent }: CellTask,
  training: TrainingOfVariant,
  resume: boolean,
): Promise<BundleManifest> {
  const { category, seed } = cell;
  const run: TrainDetectorOptions = {
    ...training,
    dataSet: category.dataSet,
    name: category.name,
    output: files.bundle(cell),
    configuration: { ...training.configuration, seed },
    device,
    threads,
    signal,
    onEvent,
  };
  try {
    return await trainDetector({ ...run, resume });
  } catch (error) {
    // Another device was the best one then, or a file is damaged: the leftovers are of no use to this run. A training that
    // diverged would diverge again.
    if (!resume || signal.aborted || !(error instanceof ResumeError)) throw error;
    return trainDetector({ ...run, resume: false });
  }
}

/** Median time of one image alone, by the bundle as it is on disk. */
async function scoringSeconds(
  { cell, files, device, threads, signal }: CellTask,
  { range, ...limits }: DecodeImageOptions,
): Promise<number> {
  const images: RgbImage[] = [];
  // Good ones and all kinds of bad ones.
  const stream = readImages(evenlySpaced(testImages(cell), TIMED_IMAGES), {
    signal,
    limits,
    range,
  });
  for await (const { image } of stream) images.push(image);
  const detector = await openDetector(files.bundle(cell), { device, threads });
  try {
    return await medianSeconds((image) => detector.predict(image, { signal }), images, signal);
  } finally {
    await detector.dispose();
  }
}

/** Median time of one image, each alone. The first one is also run once beforehand, to warm up. */
export async function medianSeconds<T>(
  run: (image: T) => Promise<unknown>,
  images: readonly T[],
  signal: AbortSignal,
): Promise<number> {
  const [first] = images;
  if (first !== undefined) await run(first);
  const times: number[] = [];
  for (const image of images) {
    signal.throwIfAborted();
    const start = performance.now();
    await run(image);
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
