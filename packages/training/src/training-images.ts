import { resizeBilinear } from '@cflow/images';
import { decodeImage, readImages, type UnreadableImage } from '@cflow/images/node';
import type { DataSetItem, RgbImage } from '@cflow/spec';
import type { OnTrainingEvent } from './events.js';

export interface TrainingImages {
  /** All images that can be read, in order, at the input size. */
  stream: () => AsyncIterable<{ index: number; image: RgbImage }>;
  /** Images by index, at the input size. */
  load: (indices: readonly number[]) => Promise<RgbImage[]>;
  readonly unreadable: readonly UnreadableImage[];
}

/** Access to the images of a run, which are decoded when they are needed and not kept. */
export function trainingImages(
  items: readonly DataSetItem[],
  size: { width: number; height: number },
  strict: boolean,
  signal: AbortSignal,
  onEvent: OnTrainingEvent,
): TrainingImages {
  const unreadable: UnreadableImage[] = [];
  const onUnreadable = (failure: UnreadableImage): void => {
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
    stream: () => readImages(items, { size, signal, onUnreadable, onBad: strict ? 'stop' : 'skip' }),
    load: (indices) =>
      Promise.all(
        indices.map(async (index) => {
          const image = await decodeImage((items[index] as DataSetItem).path);
          return resizeBilinear(image, size.width, size.height);
        }),
      ),
  };
}

/** Loads images a few at a time. */
export async function* inBatches(
  indices: readonly number[],
  load: TrainingImages['load'],
  size = 8,
): AsyncGenerator<RgbImage[]> {
  for (let start = 0; start < indices.length; start += size) yield load(indices.slice(start, start + size));
}
