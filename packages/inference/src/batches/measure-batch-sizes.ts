import { deviceFault } from '@cflow/runtime';

/** What a device is tried with. */
export interface BatchTrial {
  /** Scores so many images once. */
  run(images: number): Promise<void>;
  /** Bytes that the device has left; undefined where it does not tell. */
  freeBytes?: (() => Promise<number | undefined>) | undefined;
  now(): number;
}

/** A size is kept when an image takes that much less time in it than in the best one so far. */
const LEAST_GAIN = 0.05;
/** Share of the free memory that a larger batch may take: other detectors need room, too. */
const MOST_OF_FREE = 0.25;
const TIMED_RUNS = 2;

/**
 * Batch sizes beyond those that every device has: doubled as long as the device gains from it and has the memory. The engine
 * keeps the memory that a size took, so the next one is tried only where twice as much would leave room.
 *
 * @param sizes Those that are run anyway, ascending
 * @param most Images of a batch at most
 * @returns `sizes` and the larger ones that pay off, ascending; all of them have been run
 */
export async function measureBatchSizes(
  trial: BatchTrial,
  sizes: readonly number[],
  most: number,
): Promise<number[]> {
  const kept: number[] = [];
  let best = Number.POSITIVE_INFINITY;
  for (const size of sizes) {
    best = Math.min(best, await perImage(trial, size));
    kept.push(size);
  }
  let took = 0;
  for (let size = 2 * (kept.at(-1) ?? 1); size <= most; size *= 2) {
    const free = await trial.freeBytes?.();
    if (free !== undefined && 2 * took > MOST_OF_FREE * free) break;
    const time = await perImage(trial, size).catch((error: unknown) => {
      if (deviceFault(error) !== 'out-of-memory') throw error;
      return Number.POSITIVE_INFINITY;
    });
    if (!(time < (1 - LEAST_GAIN) * best)) break;
    const left = await trial.freeBytes?.();
    took = free === undefined || left === undefined ? 0 : Math.max(0, free - left);
    best = time;
    kept.push(size);
  }
  return kept;
}

/** Milliseconds of the faster of two runs, after one that warms the size up. */
async function perImage({ run, now }: BatchTrial, size: number): Promise<number> {
  await run(size);
  const times: number[] = [];
  for (let i = 0; i < TIMED_RUNS; i++) {
    const started = now();
    await run(size);
    times.push(now() - started);
  }
  return Math.min(...times) / size;
}
