// Features of every image of a data set, computed once and held in memory: what all sides of a comparison are given.
import { resizeMask } from '@cflow/images';
import { readDefectMask, readImages } from '@cflow/images/node';
import { createNodeRuntime } from '@cflow/runtime/node';
import type { DataSetItem, Mask, RgbImage } from '@cflow/spec';
import {
  openTrainingBackbone,
  type TrainingBackbone,
} from '../../packages/training/src/backbone/training-backbone.js';
import { extractFeatures, fiberBackbone } from '../../packages/training/src/features/extract-features.js';
import { MemoryFeatures } from '../../packages/training/src/features/memory-features.js';

export interface ImageFeatures {
  /** Rows of all images, by their place in the list. */
  features: MemoryFeatures;
  /** Ground truth at the size of the input, by the same places; undefined where there is none. */
  masks: (Mask | undefined)[];
  /** What it took, in seconds. */
  seconds: number;
}

const BATCH = 8;

/** @throws ImageError for an image or a mask that cannot be read */
export async function imageFeatures(
  items: readonly DataSetItem[],
  backbone: TrainingBackbone,
  { threads, signal }: { threads: number; signal?: AbortSignal },
): Promise<ImageFeatures> {
  const { layers, inputSize } = backbone;
  const [height, width] = inputSize;
  const started = performance.now();
  const features = new MemoryFeatures(layers, items.length);
  const masks: (Mask | undefined)[] = [];
  const runtime = createNodeRuntime({ device: 'cpu', threads });
  try {
    const session = await openTrainingBackbone(runtime, backbone, fiberBackbone(backbone));
    let done = 0;
    let batch: RgbImage[] = [];
    const flush = async (): Promise<void> => {
      if (batch.length === 0) return;
      features.write(done, await extractFeatures(session, layers, batch, inputSize));
      done += batch.length;
      batch = [];
    };
    for await (const { item, image, original } of readImages(items, {
      canvas: { inputSize },
      onBad: 'stop',
      ...(signal && { signal }),
    })) {
      const { maskPaths, label } = item;
      const mask = maskPaths && (await readDefectMask(maskPaths, original, { mustMark: label === 'bad' }));
      masks.push(mask && resizeMask(mask, width, height));
      batch.push(image);
      if (batch.length === BATCH) await flush();
    }
    await flush();
  } finally {
    await runtime.dispose();
  }
  return { features, masks, seconds: (performance.now() - started) / 1000 };
}
