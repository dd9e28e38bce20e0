// What both sides of a race train on and are measured by: features of every image, computed once and held in memory.
import { resizeMask } from '@cflow/images';
import { decodeMask, openDataSet, readImages } from '@cflow/images/node';
import type { FeatureLayer } from '@cflow/model';
import { createNodeRuntime } from '@cflow/runtime/node';
import { DataSetError, type DataSetItem, type Mask, type RgbImage } from '@cflow/spec';
import { extractFeatures, fiberBackbone } from '../../../packages/training/src/extract-features.js';
import { MemoryFeatures } from '../../../packages/training/src/memory-features.js';
import { namedBackbone } from '../../../packages/training/src/node/named-backbone.js';
import { selectImages } from '../../../packages/training/src/select-images.js';
import { openTrainingBackbone } from '../../../packages/training/src/training-backbone.js';

export interface RaceDataOptions {
  /** Folder of a data set with labelled test images. */
  path: string;
  backbone: string;
  weights: string | undefined;
  /** Empty: the backbone's default. */
  layers: readonly string[];
  inputSize: readonly [number, number];
  threads: number;
}

/** Features of all images: places of `features`, by what the images are for. */
export interface RaceData {
  name: string;
  layers: readonly FeatureLayer[];
  inputSize: readonly [number, number];
  features: MemoryFeatures;
  /** Good images to train on and to hold out. The seed of a run shares them out. */
  good: readonly number[];
  test: readonly { place: number; bad: boolean; mask: Mask | undefined }[];
}

const BATCH = 8;

/** @throws DataSetError when a labelled test set is missing or an image cannot be read */
export async function raceData(options: RaceDataOptions): Promise<RaceData> {
  const { path, threads, inputSize } = options;
  const dataSet = await openDataSet(path);
  const { train, test } = selectImages(dataSet, 0, 0);
  if (!test.some(({ label }) => label === 'bad')) {
    throw new DataSetError(`"${path}" has no bad test images; a race is decided by finding them`);
  }
  const items = [...train, ...test];
  const choice = { ...options, inputSize: [...inputSize] as [number, number], preTrained: true, seed: 0 };
  const backbone = await namedBackbone(choice, options.weights, 'float32');
  const features = new MemoryFeatures(backbone.layers, items.length);
  const runtime = createNodeRuntime({ device: 'cpu', threads });
  try {
    const session = await openTrainingBackbone(runtime, backbone, fiberBackbone(backbone));
    let done = 0;
    for await (const images of batches(items, inputSize)) {
      features.write(done, await extractFeatures(session, backbone.layers, images, inputSize));
      done += images.length;
    }
  } finally {
    await runtime.dispose();
  }
  return {
    name: dataSet.name,
    layers: backbone.layers,
    inputSize,
    features,
    good: train.map((_, place) => place),
    test: await Promise.all(
      test.map(async (item, i) => ({
        place: train.length + i,
        bad: item.label === 'bad',
        mask: await maskOf(item, inputSize),
      })),
    ),
  };
}

async function maskOf(
  { maskPaths: [maskPath] = [] }: DataSetItem,
  [height, width]: readonly [number, number],
): Promise<Mask | undefined> {
  return maskPath === undefined ? undefined : resizeMask(await decodeMask(maskPath), width, height);
}

async function* batches(
  items: readonly DataSetItem[],
  [height, width]: readonly [number, number],
): AsyncGenerator<RgbImage[]> {
  let batch: RgbImage[] = [];
  for await (const { image } of readImages(items, { size: { height, width }, onBad: 'stop' })) {
    batch.push(image);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
