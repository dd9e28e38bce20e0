import { computeMetrics } from '@cflow/evaluation';
import { resizeMask } from '@cflow/images';
import { decodeMask, readImages, type UnreadableImage } from '@cflow/images/node';
import { DataSetError, type DataSetItem, type Mask, type Metrics, type Prediction } from '@cflow/spec';
import type { Detector } from './detector.js';

/** One labelled image and what the detector said of it. */
export interface EvaluatedImage {
  item: DataSetItem;
  prediction: Prediction;
  /** Ground truth at the map's size, when there is any. */
  mask?: Mask;
}

export interface EvaluateOptions {
  threshold?: number | undefined;
  /** Stop at the first image that cannot be read, instead of leaving it out. */
  strict?: boolean | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: (done: number, total: number) => void;
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
 * @throws DataSetError when no labelled image can be read
 */
export async function evaluateDetector(
  detector: Detector,
  items: readonly DataSetItem[],
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const labelled = items.filter(({ label }) => label !== 'unknown');
  const images: EvaluatedImage[] = [];
  const { inputSize } = detector.manifest.configuration;
  const stream = readImages(labelled, {
    size: { height: inputSize[0], width: inputSize[1] },
    onBad: options.strict ? 'stop' : 'skip',
    ...(options.signal && { signal: options.signal }),
    ...(options.onUnreadable && { onUnreadable: options.onUnreadable }),
  });
  let batch: { item: DataSetItem; image: Parameters<Detector['predict']>[0] }[] = [];
  const flush = async (): Promise<void> => {
    const predictions = await detector.predictBatch(
      batch.map(({ image }) => image),
      { threshold: options.threshold, signal: options.signal },
    );
    for (const [i, { item }] of batch.entries()) {
      const prediction = predictions[i] as Prediction;
      const mask = item.maskPath === undefined ? undefined : await maskFor(item.maskPath, prediction);
      images.push({ item, prediction, ...(mask && { mask }) });
    }
    batch = [];
    options.onProgress?.(images.length, labelled.length);
  };
  for await (const { item, image } of stream) {
    batch.push({ item, image });
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
    threshold: options.threshold ?? detector.manifest.thresholds.score,
  });
  return { metrics, images };
}

async function maskFor(path: string, { map }: Prediction): Promise<Mask> {
  return resizeMask(await decodeMask(path), map.width, map.height);
}
