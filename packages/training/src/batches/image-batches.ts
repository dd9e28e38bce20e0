import { randomPermutation, randomStream } from '@cflow/model';

/**
 * The images of one epoch in random order, cut into batches.
 * @returns indices into the training images
 */
export function imageBatches(
  images: number,
  batchSize: number,
  dropLast: boolean,
  seed: number,
  epoch: number,
): number[][] {
  const order = randomPermutation(randomStream(seed, `images/${epoch}`), images);
  const batches: number[][] = [];
  for (let start = 0; start < images; start += batchSize) {
    const batch = [...order.subarray(start, start + batchSize)];
    if (batch.length === batchSize || !dropLast || batches.length === 0) batches.push(batch);
  }
  return batches;
}
