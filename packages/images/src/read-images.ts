import { CflowError, type DataSetItem, type ImageError, type RgbImage } from '@cflow/spec';
import { checkSize } from './check-image.js';
import { decodeImage } from './decode-image.js';
import { type Canvas, fitImage } from './geometry/canvas.js';
import type { ImageLimits } from './image-limits.js';
import { mapInOrder } from './map-in-order.js';
import { readImageRegion } from './region/read-image-region.js';
import type { RangeOptions } from './sample-scale.js';

/** How images are read one after another. */
export interface ReadImagesOptions extends RangeOptions {
  /** An image that cannot be read: leave it out and list it (the default), or stop with its error. */
  onBad?: 'skip' | 'stop';
  /** Images decoded ahead, which bounds the memory. Default 4. */
  concurrency?: number;
  limits?: ImageLimits;
  /** Resample each image to the size that it has on this canvas as soon as it is decoded, so that large ones are not kept waiting. */
  canvas?: Canvas;
  /** [height, width] of the grid that images' own regions are read on. Default: the canvas' input size; without one they are not read. */
  regionGrid?: readonly [number, number];
  signal?: AbortSignal;
  /** Called for each image left out, in order. */
  onUnreadable?: (unreadable: UnreadableImage) => void;
}

/** One image read. */
export interface ItemImage<Item> {
  item: Item;
  /** Place of the item in the list that was given. */
  index: number;
  /** At the size asked for, or at its own. */
  image: RgbImage;
  /** The image's own size in pixels, upright. */
  original: { width: number; height: number };
}

/** One image that could not be read, and why. */
export interface UnreadableImage<Item = Pick<DataSetItem, 'path'>> {
  item: Item;
  index: number;
  error: ImageError;
}

/** The images of a list, in its order. Iterate it once. */
export interface ImageStream<Item> extends AsyncIterable<ItemImage<Item>> {
  /** The images left out so far, in order; complete when the iteration has ended. */
  readonly unreadable: readonly UnreadableImage<Item>[];
}

/**
 * Decodes the images of a list in its order, a few ahead of the consumer. An image that cannot be read is left out, named
 * and counted in `unreadable`, unless `onBad` is `stop`.
 *
 * @throws ImageError at once when the canvas is not a positive whole number of pixels. While iterating: the ImageError of
 * the first image that cannot be read (`onBad: 'stop'`), or the signal's reason.
 */
export function readImages<Item extends Pick<DataSetItem, 'path' | 'regionPath'>>(
  items: Iterable<Item>,
  options: ReadImagesOptions = {},
): ImageStream<Item> {
  // Here, where a wrong size is a mistake of the caller, and not below, where it would count as a bad image.
  const { canvas } = options;
  if (canvas) checkSize(canvas.inputSize[1], canvas.inputSize[0], 'the size to resample to');
  const unreadable: UnreadableImage<Item>[] = [];
  return {
    unreadable,
    [Symbol.asyncIterator]: () => images(items, options, unreadable),
  };
}

async function* images<Item extends Pick<DataSetItem, 'path' | 'regionPath'>>(
  items: Iterable<Item>,
  {
    onBad = 'skip',
    concurrency = 4,
    limits,
    canvas,
    regionGrid = canvas?.inputSize,
    signal,
    onUnreadable,
    range,
    outOfRange,
  }: ReadImagesOptions,
  unreadable: UnreadableImage<Item>[],
): AsyncGenerator<ItemImage<Item>, void, undefined> {
  const read = async (item: Item, index: number): Promise<ItemImage<Item> | UnreadableImage<Item>> => {
    try {
      const decoded = await decodeImage(item.path, { ...limits, range, outOfRange });
      const original = { width: decoded.width, height: decoded.height };
      const image = canvas ? fitImage(decoded, canvas) : decoded;
      const region =
        item.regionPath === undefined || regionGrid === undefined
          ? undefined
          : await readImageRegion(item.regionPath, original, regionGrid, limits);
      return { item, index, image: region ? { ...image, region } : image, original };
    } catch (error) {
      if (!isImageError(error)) throw error;
      return { item, index, error };
    }
  };
  for await (const result of mapInOrder(items, read, { concurrency, signal })) {
    if ('image' in result) {
      yield result;
      continue;
    }
    if (onBad === 'stop') throw result.error;
    unreadable.push(result);
    onUnreadable?.(result);
  }
}

function isImageError(error: unknown): error is ImageError {
  return CflowError.isInstance(error) && error.code === 'image';
}
