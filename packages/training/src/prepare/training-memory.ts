import { trainableShapes } from '@cflow/model';
import { ConfigurationError } from '@cflow/spec';
import { valuesPerImage } from '../features/feature-source.js';
import { featureBytes } from '../features/memory-features.js';
import type { PreparedRun } from './prepare-run.js';

/** Bytes that a run in memory takes at its peak, beyond the images themselves and what the engine takes for a step. */
export interface TrainingMemory {
  /** Features of all images, kept until the end. */
  features: number;
  /** The features of one batch of images, here and in the engine. */
  batch: number;
  /** Parameters with their moments, here and in the engine, and those of the best epoch. */
  decoders: number;
  total: number;
}

/** What training on so many images, held-out ones included, takes. */
export function trainingMemory(
  { layers, plan }: Pick<PreparedRun, 'layers' | 'plan'>,
  images: number,
): TrainingMemory {
  const largest = Math.max(...layers.map(valuesPerImage));
  const parameters = layers.reduce(
    (sum, { decoder }) =>
      sum + trainableShapes(decoder).reduce((all, [, dims]) => all + dims.reduce((a, b) => a * b, 1), 0),
    0,
  );
  const features = featureBytes(layers, images);
  const batch = 2 * 4 * largest * Math.min(plan.imageBatchSize, images);
  const decoders = 4 * parameters * (3 + 2 * 3 + 1);
  return { features, batch, decoders, total: features + batch + decoders };
}

/**
 * Refuses a run that would take more memory than it may, before anything is computed.
 * @throws ConfigurationError that says how much it would take and how many images would do
 */
export function checkTrainingMemory(
  run: Pick<PreparedRun, 'layers' | 'plan' | 'backbone'>,
  images: number,
  limit: number,
): void {
  const needed = trainingMemory(run, images);
  if (needed.total <= limit) return;
  const most = mostImages(run, images, limit);
  const size = run.backbone.inputSize.join(' x ');
  const advice =
    most >= 2
      ? `use at most ${most} images, or the backbone of a detector with a smaller input than ${size} pixels`
      : `use fewer coupling blocks, or the backbone of a detector with fewer layers or a smaller input than ${size} pixels`;
  throw new ConfigurationError(
    `training on ${images} images would take ${megabytes(needed.total)} of memory ` +
      `(${megabytes(needed.features)} of it their features), and it may take ${megabytes(limit)}: ${advice}`,
    { details: { neededBytes: needed.total, limitBytes: limit, images, mostImages: most } },
  );
}

function mostImages(run: Pick<PreparedRun, 'layers' | 'plan'>, images: number, limit: number): number {
  let [fits, tooMany] = [0, images];
  while (tooMany - fits > 1) {
    const middle = Math.floor((fits + tooMany) / 2);
    if (trainingMemory(run, middle).total <= limit) fits = middle;
    else tooMany = middle;
  }
  return fits;
}

const megabytes = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`;
