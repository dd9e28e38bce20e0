import { computeMetrics } from '@cflow/evaluation';
import { type Canvas, fittedSize, regionPlaces, resizeMask } from '@cflow/images';
import { type ImageLimits, readDefectMask, readImages, type UnreadableImage } from '@cflow/images/node';
import {
  CflowError,
  DataSetError,
  type DataSetItem,
  type ImageError,
  type Mask,
  type Metrics,
  type PictureRegion,
  type Prediction,
  type RgbImage,
} from '@cflow/spec';
import { checkRegions } from './check-regions.js';
import type { Detector } from './detector.js';

/** One labelled image and what the detector said of it. */
export interface EvaluatedImage {
  item: DataSetItem;
  prediction: Prediction;
  /** Ground truth at the map's size, when there is any. */
  mask?: Mask;
  /** What of the image counts, where it has a region of its own. */
  region?: PictureRegion;
}

export interface EvaluateOptions {
  threshold?: number | undefined;
  /** Stop at the first image that cannot be read, instead of leaving it out. */
  strict?: boolean | undefined;
  signal?: AbortSignal | undefined;
  /** Bounds of the images and masks that are decoded. */
  limits?: ImageLimits | undefined;
  onProgress?: (done: number, total: number) => void;
  /** Called for each image left out because it, or its mask, cannot be read. */
  onUnreadable?: (unreadable: UnreadableImage) => void;
}

export interface Evaluation {
  metrics: Metrics;
  images: EvaluatedImage[];
}

const BATCH = 8;

/**
 * Scores labelled images and computes all figures. Maps of all images are held in memory, since pixel figures rank all
 * pixels: 4 bytes per pixel of the map.
 *
 * @throws DataSetError when no labelled image can be read; ConfigurationError for regions that do not go with the detector
 */
export async function evaluateDetector(
  detector: Detector,
  items: readonly DataSetItem[],
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const labelled = items.filter(({ label }) => label !== 'unknown');
  const images: EvaluatedImage[] = [];
  const { configuration, region: common } = detector.manifest;
  checkRegions(detector.manifest, labelled);
  const { inputSize, geometry, range, outOfRange } = configuration;
  const canvas: Canvas = { inputSize, geometry };
  const stream = readImages(labelled, {
    canvas,
    range,
    outOfRange,
    onBad: options.strict ? 'stop' : 'skip',
    ...(options.limits && { limits: options.limits }),
    ...(options.signal && { signal: options.signal }),
    ...(options.onUnreadable && { onUnreadable: options.onUnreadable }),
  });
  let batch: { item: DataSetItem; image: RgbImage; mask: Mask | undefined }[] = [];
  const flush = async (): Promise<void> => {
    const predictions = await detector.predictBatch(
      batch.map(({ image }) => image),
      { threshold: options.threshold, signal: options.signal },
    );
    batch.forEach(({ item, image: { region }, mask }, i) => {
      images.push({
        item,
        prediction: predictions[i] as Prediction,
        ...(mask && { mask }),
        ...(region && { region }),
      });
    });
    batch = [];
    options.onProgress?.(images.length, labelled.length);
  };
  for await (const { item, index, image, original } of stream) {
    const mask = await readMask(item, original, canvas, options.limits);
    if (isError(mask)) {
      if (options.strict) throw mask;
      options.onUnreadable?.({ item, index, error: mask });
      continue;
    }
    batch.push({ item, image, mask });
    if (batch.length === BATCH) await flush();
  }
  if (batch.length > 0) await flush();
  if (images.length === 0) {
    throw new DataSetError(
      'there is no labelled image to evaluate on; give a data set with good and bad test images, such as one in the MVTec layout',
      { details: { items: items.length } },
    );
  }
  const metrics = computeMetrics({
    scores: images.map(({ prediction }) => prediction.score),
    labels: images.map(({ item }) => item.label === 'bad'),
    maps: images.map(({ prediction }) => prediction.map),
    masks: images.map(({ mask }) => mask),
    regions: images.map(({ region = common }) => region && regionPlaces(region)),
    threshold: options.threshold ?? detector.manifest.thresholds.score,
    // Regions are measured as they were reported.
    pixelThreshold: images[0]?.prediction.pixelThreshold,
    calibration: detector.manifest.calibration.score,
  });
  return { metrics, images };
}

/** An item's mask at the map's size, or why it cannot be used; undefined where it has none. */
async function readMask(
  { maskPaths, label }: DataSetItem,
  original: { width: number; height: number },
  canvas: Canvas,
  limits: ImageLimits | undefined,
): Promise<Mask | ImageError | undefined> {
  if (maskPaths === undefined) return undefined;
  try {
    const mask = await readDefectMask(maskPaths, original, { mustMark: label === 'bad', limits });
    const { width, height } = fittedSize(original, canvas);
    return resizeMask(mask, width, height);
  } catch (error) {
    if (isError(error)) return error;
    throw error;
  }
}

function isError(value: unknown): value is ImageError {
  return CflowError.isInstance(value) && value.code === 'image';
}
