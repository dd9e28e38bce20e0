// What both sides of a race train on and are measured by: features of every image, computed once and held in memory.
import { openDataSet } from '@cflow/images/node';
import type { FeatureLayer } from '@cflow/model';
import { DataSetError, type Mask } from '@cflow/spec';
import { namedBackbone } from '../../../packages/training/src/backbone/named-backbone.js';
import type { MemoryFeatures } from '../../../packages/training/src/features/memory-features.js';
import { selectImages } from '../../../packages/training/src/images/select-images.js';
import { imageFeatures } from '../image-features.js';

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
  const { features, masks } = await imageFeatures(items, backbone, { threads });
  return {
    name: dataSet.name,
    layers: backbone.layers,
    inputSize,
    features,
    good: train.map((_, place) => place),
    test: test.map((item, i) => ({
      place: train.length + i,
      bad: item.label === 'bad',
      mask: masks[train.length + i],
    })),
  };
}
