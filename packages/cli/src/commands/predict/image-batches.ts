import { type ItemImage, type ReadImagesOptions, readImages } from '@cflow/images/node';

/** Most images and most pixels of a batch: either bounds the memory. */
const MOST_IMAGES = 8;
const MOST_PIXELS = 2 ** 25;

/** Reads images and yields a few at a time, so that thousands of files need no more memory than these few. */
export async function* imageBatches<Item extends { path: string }>(
  items: readonly Item[],
  options: ReadImagesOptions,
): AsyncGenerator<ItemImage<Item>[]> {
  let batch: ItemImage<Item>[] = [];
  let pixels = 0;
  for await (const image of readImages(items, options)) {
    batch.push(image);
    pixels += image.image.width * image.image.height;
    if (batch.length < MOST_IMAGES && pixels < MOST_PIXELS) continue;
    yield batch;
    batch = [];
    pixels = 0;
  }
  if (batch.length > 0) yield batch;
}
