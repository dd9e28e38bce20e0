import { imageBatch } from '@cflow/detector';
import { evenlySpaced } from '@cflow/images';
import { readImages } from '@cflow/images/node';
import { createNodeRuntime } from '@cflow/runtime/node';
import type { DataSetItem, Mask, RgbImage } from '@cflow/spec';
import type { Category } from '../../../packages/cli/src/commands/benchmark/categories.js';
import type { CellTask } from '../../../packages/cli/src/commands/benchmark/cell.js';
import {
  medianSeconds,
  TIMED_IMAGES,
} from '../../../packages/cli/src/commands/benchmark/measure-detector.js';
import {
  openTrainingBackbone,
  type TrainingBackbone,
} from '../../../packages/training/src/backbone/training-backbone.js';
import type { MemoryFeatures } from '../../../packages/training/src/features/memory-features.js';
import { type ImageSelection, selectImages } from '../../../packages/training/src/images/select-images.js';
import { type ImageFeatures, imageFeatures } from '../image-features.js';

/** What all peers are given of a category: the features that the detectors beside them see. */
export interface CategoryFeatures {
  backbone: TrainingBackbone;
  features: MemoryFeatures;
  /** Places by what the images are for, held out as the detectors hold them out. */
  train: readonly number[];
  /** Good images to calibrate on: held out, or those trained on where there are too few to spare. */
  calibration: readonly number[];
  heldOut: boolean;
  test: readonly { place: number; item: DataSetItem; mask: Mask | undefined }[];
  /** What features of the images to train on took, in seconds. */
  trainSeconds: number;
  /** Median time of the backbone on one image alone, in seconds. */
  imageSeconds: number;
}

interface Computed {
  category: Category;
  items: readonly DataSetItem[];
  found: ImageFeatures;
  imageSeconds: number;
}

/** Features of one category at a time: peers of a category come one after another, and seeds need no others. */
export class FeaturesInTurn {
  readonly #backbone: TrainingBackbone;
  #last: Computed | undefined;

  constructor(backbone: TrainingBackbone) {
    this.#backbone = backbone;
  }

  /** @param heldOutFraction share of the good images that is held out */
  async of({ cell, threads, signal }: CellTask, heldOutFraction: number): Promise<CategoryFeatures> {
    const { category, seed } = cell;
    const { items, found, imageSeconds } = await this.#computed(category, threads, signal);
    const places = new Map(items.map((item, place) => [item, place]));
    const placesOf = (wanted: readonly DataSetItem[]): number[] =>
      wanted.map((item) => places.get(item) as number);
    const { train, heldOut, test } = selectImages(category.dataSet, heldOutFraction, seed);
    return {
      backbone: this.#backbone,
      features: found.features,
      train: placesOf(train),
      calibration: placesOf(heldOut.length >= 2 ? heldOut : train),
      heldOut: heldOut.length >= 2,
      test: placesOf(test).map((place, i) => ({
        place,
        item: test[i] as DataSetItem,
        mask: found.masks[place],
      })),
      trainSeconds: (found.seconds * train.length) / items.length,
      imageSeconds,
    };
  }

  async #computed(category: Category, threads: number, signal: AbortSignal): Promise<Computed> {
    if (this.#last?.category === category) return this.#last;
    this.#last = undefined;
    const selection = selectImages(category.dataSet, 0, 0);
    const items = [...selection.train, ...selection.heldOut, ...selection.test];
    const found = await imageFeatures(items, this.#backbone, { threads, signal });
    const imageSeconds = await this.#imageSeconds(selection, threads, signal);
    this.#last = { category, items, found, imageSeconds };
    return this.#last;
  }

  async #imageSeconds({ test }: ImageSelection, threads: number, signal: AbortSignal): Promise<number> {
    const { inputSize } = this.#backbone;
    const images: RgbImage[] = [];
    for await (const { image } of readImages(evenlySpaced(test, TIMED_IMAGES), { signal }))
      images.push(image);
    const runtime = createNodeRuntime({ device: 'cpu', threads });
    try {
      const session = await openTrainingBackbone(runtime, this.#backbone);
      return await medianSeconds(
        (image) => session.run({ image: imageBatch([image], inputSize) }, { consumeFeeds: true }),
        images,
        signal,
      );
    } finally {
      await runtime.dispose();
    }
  }
}
