import { randomPermutation, randomStream } from '@cflow/model';
import { TrainingError } from '@cflow/spec';
import type { TrainingPlan } from '../plan/plan.js';

/** The rows of one optimizer step each: `steps` runs of `size` row numbers, one after another. */
export interface FiberBatches {
  size: number;
  steps: number;
  order: Int32Array;
  /** Where batches cover a grid: the rows of the map that each of them covers, [steps, rows]. */
  mapRows?: Int32Array;
}

/**
 * The fibers of one batch of images in random order, cut into fiber batches as the reference cuts them: as many as fit,
 * and the last one takes the remainder too (or the remainder is left out).
 *
 * @param rows number of fibers: images · height · width
 * @returns one group of equal batches, and a second of one larger batch where there is a remainder to take
 * @throws TrainingError when not one batch can be filled
 */
export function fiberBatches(
  rows: number,
  wantedSize: number,
  { remainder, oversize }: Pick<TrainingPlan, 'remainder' | 'oversize'>,
  seed: number,
  stream: string,
): FiberBatches[] {
  const fiberBatchSize = oversize === 'shrink' ? Math.min(wantedSize, rows) : wantedSize;
  const count = Math.floor(rows / fiberBatchSize);
  if (count === 0) {
    throw new TrainingError(
      `the fiber batch of ${fiberBatchSize} is larger than the ${rows} fibers of a batch of images; ` +
        `use a fiber batch of at most ${rows}, more images, or a larger input size`,
      { details: { fiberBatchSize, fibers: rows } },
    );
  }
  const order = randomPermutation(randomStream(seed, stream), rows);
  const rest = rows % fiberBatchSize;
  if (rest === 0 || remainder === 'drop') {
    return [{ size: fiberBatchSize, steps: count, order: order.slice(0, count * fiberBatchSize) }];
  }
  const cut = (count - 1) * fiberBatchSize;
  const last: FiberBatches = { size: rows - cut, steps: 1, order: order.slice(cut) };
  return count === 1
    ? [last]
    : [{ size: fiberBatchSize, steps: count - 1, order: order.slice(0, cut) }, last];
}

/** How many optimizer steps `fiberBatches` makes of so many rows. */
export function stepCount(rows: number, fiberBatchSize: number, oversize: TrainingPlan['oversize']): number {
  return Math.max(Math.floor(rows / fiberBatchSize), oversize === 'shrink' ? 1 : 0);
}
