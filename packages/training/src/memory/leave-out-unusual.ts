import type { Runtime } from '@cflow/runtime';
import type { OnTrainingEvent, TrainingEvent } from '../events.js';
import type { FeatureSource } from '../features/feature-source.js';
import type { PreparedRun } from '../prepare/prepare-run.js';
import { mostUnusual } from './most-unusual.js';

export interface LeaveOutOptions {
  run: PreparedRun;
  runtime: Runtime;
  features: FeatureSource;
  /** Good images by their place in the feature source. */
  images: readonly number[];
  /** What an image is called. */
  nameOf: (image: number) => string;
  signal: AbortSignal;
  onEvent: OnTrainingEvent;
}

export type LeftOutImages = Extract<TrainingEvent, { type: 'left-out' }>;

/** Of any number of images an event names as many. */
const MOST_NAMED = 100;
/** Fewer say nothing of each other. */
const LEAST_IMAGES = 8;

/**
 * The images that remain when the most unusual are left out, as many as the plan's contamination says, and the event that names
 * them; all images where it is 0 or there are too few to tell.
 */
export async function leaveOutUnusual({
  run,
  runtime,
  features,
  images,
  nameOf,
  signal,
  onEvent,
}: LeaveOutOptions): Promise<{ kept: ReadonlySet<number>; leftOut?: LeftOutImages }> {
  const { contamination } = run.plan;
  if (contamination === 0 || images.length < LEAST_IMAGES) return { kept: new Set(images) };
  const unusual = await mostUnusual(
    {
      runtime,
      layers: run.layers,
      features,
      images,
      imageSize: run.backbone.inputSize,
      tileSize: run.backbone.tileSize,
      seed: run.configuration.seed,
      precision: run.backbone.precision,
      signal,
      onProgress: (done, total) => onEvent({ type: 'comparing', done, total }),
    },
    contamination,
  );
  const leftOut: LeftOutImages = {
    type: 'left-out',
    count: unusual.length,
    images: unusual.slice(0, MOST_NAMED).map(({ image, score }) => ({ path: nameOf(image), score })),
  };
  onEvent(leftOut);
  const gone = new Set(unusual.map(({ image }) => image));
  return { kept: new Set(images.filter((image) => !gone.has(image))), leftOut };
}
