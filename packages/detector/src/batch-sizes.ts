import { ConfigurationError } from '@cflow/spec';

/** Images run at once at most, on a device that gains from more than one. */
export const DEFAULT_MAX_BATCH = 8;

export interface BatchSizes {
  /**
   * Batch sizes that the device is warm for; a batch is padded to the next one. Left out: every batch runs as it is,
   * up to `maxBatch`.
   */
  batchSizes?: readonly number[] | undefined;
  /** Images run at once at most, where there are no `batchSizes`. Default 8, and 1 where the processor computes. */
  maxBatch?: number | undefined;
}

/** @throws ConfigurationError for sizes that no batch can have */
export function checkBatchSizes({ batchSizes, maxBatch }: BatchSizes): void {
  const sizes = [...(batchSizes ?? []), ...(maxBatch === undefined ? [] : [maxBatch])];
  const wrong = sizes.find((size) => !Number.isInteger(size) || size < 1);
  if (wrong === undefined && batchSizes?.length !== 0) return;
  throw new ConfigurationError(
    `batch sizes must be whole numbers from 1, at least one; got ${wrong ?? 'none'}`,
  );
}

/** The places of each batch that `count` images are run in, and the size that each is padded to. */
export function planBatches(
  count: number,
  { batchSizes, maxBatch }: BatchSizes & { maxBatch: number },
): { start: number; end: number; padTo: number }[] {
  const largest = batchSizes ? Math.max(...batchSizes) : maxBatch;
  const batches: { start: number; end: number; padTo: number }[] = [];
  for (let start = 0; start < count; start += largest) {
    const end = Math.min(count, start + largest);
    const size = end - start;
    const padTo = batchSizes ? Math.min(...batchSizes.filter((each) => each >= size)) : size;
    batches.push({ start, end, padTo });
  }
  return batches;
}
