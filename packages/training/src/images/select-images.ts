import { type DataSet, DataSetError, type DataSetItem } from '@cflow/spec';
import { splitGoodImages } from './split-good-images.js';

/** The images of a data set by what they are used for. */
export interface ImageSelection {
  /** Good images to train on. */
  train: DataSetItem[];
  /** Good images held out for validation and calibration; empty when there are too few to spare. */
  heldOut: DataSetItem[];
  /** Labelled images to evaluate on. */
  test: DataSetItem[];
}

/**
 * Good images for training, some held out at random (seeded) unless the data set names its own validation images.
 * @throws DataSetError when there are not at least two good images
 */
export function selectImages(
  { items, name }: DataSet,
  heldOutFraction: number,
  seed: number,
): ImageSelection {
  // What lies in a training folder and is not called bad is good: that is what a training folder means.
  const good = items.filter((item) => item.split === 'train' && item.label !== 'bad');
  const own = items.filter((item) => item.split === 'validation' && item.label !== 'bad');
  const test = items.filter((item) => item.split === 'test' && item.label !== 'unknown');
  if (good.length < 2) {
    throw new DataSetError(
      good.length === 0
        ? `"${name}" has no good images to train on; put them in train/good, or give a folder of good images`
        : `"${name}" has one good image; at least 2 are needed to train, and 20 or more to train well`,
      { details: { goodImages: good.length, items: items.length } },
    );
  }
  const { train, heldOut } = splitGoodImages(good, own, heldOutFraction, seed);
  return { train, heldOut, test };
}
