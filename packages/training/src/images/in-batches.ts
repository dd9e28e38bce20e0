import type { RgbImage } from '@cflow/spec';
import { pause } from '../pause.js';

/** Loads images a few at a time. @throws the signal's reason, before the next few are loaded */
export async function* inBatches(
  indices: readonly number[],
  load: (indices: readonly number[]) => Promise<RgbImage[]>,
  size: number,
  signal: AbortSignal,
): AsyncGenerator<RgbImage[]> {
  for (let start = 0; start < indices.length; start += size) {
    await pause();
    signal.throwIfAborted();
    yield load(indices.slice(start, start + size));
  }
}
