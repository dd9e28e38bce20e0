import type { Canvas, RangeOptions } from '@cflow/images';
import { type ImageLimits, readImageRegion, readImages, type UnreadableImage } from '@cflow/images/node';
import { type DataSetItem, ImageError, type PictureRegion, type RgbImage } from '@cflow/spec';
import type { OnTrainingEvent } from '../events.js';

export interface TrainingImages {
  /** All images that can be read, in order, at the size that they have on the input. */
  stream: () => AsyncIterable<{ index: number; image: RgbImage }>;
  /** Images by index, at the input size. Rejects with ImageError when one cannot be read. */
  load: (indices: readonly number[]) => Promise<RgbImage[]>;
  /** What counts of an image that has a region of its own, on the grid of the input. */
  regionOf: (index: number) => Promise<PictureRegion | undefined>;
  /** Names and counts an image that is left out. */
  leaveOut: (image: UnreadableImage) => void;
  /** Names those that a run before this one left out, given the indices of the others. */
  leaveOutAllBut: (readable: readonly number[]) => void;
  readonly unreadable: readonly UnreadableImage[];
}

/** Access to the images of a run, which are decoded when they are needed and not kept. */
export function trainingImages(
  items: readonly DataSetItem[],
  canvas: Canvas,
  { strict, limits, range, outOfRange }: RangeOptions & { strict: boolean; limits?: ImageLimits | undefined },
  signal: AbortSignal,
  onEvent: OnTrainingEvent,
): TrainingImages {
  const unreadable: UnreadableImage[] = [];
  const reading = { canvas, signal, range, outOfRange, ...(limits && { limits }) };
  const leaveOut = (failure: UnreadableImage): void => {
    unreadable.push(failure);
    onEvent({
      type: 'unreadable',
      path: failure.item.path,
      reason: failure.error.message,
      count: unreadable.length,
    });
  };
  return {
    unreadable,
    leaveOut,
    async regionOf(index) {
      const { regionPath } = items[index] as DataSetItem;
      return regionPath === undefined
        ? undefined
        : readImageRegion(regionPath, undefined, canvas.inputSize, limits);
    },
    leaveOutAllBut(readable) {
      const known = new Set([...readable, ...unreadable.map(({ index }) => index)]);
      items.forEach((item, index) => {
        if (known.has(index)) return;
        const error = new ImageError(`${item.path} could not be read when the run was started`);
        leaveOut({ item, index, error });
      });
    },
    stream: () => readImages(items, { ...reading, onUnreadable: leaveOut, onBad: strict ? 'stop' : 'skip' }),
    async load(indices) {
      const images: RgbImage[] = [];
      const wanted = indices.map((index) => items[index] as DataSetItem);
      for await (const { image } of readImages(wanted, { ...reading, onBad: 'stop' })) images.push(image);
      return images;
    },
  };
}
