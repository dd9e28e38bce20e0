import { totalmem } from 'node:os';

/** Bytes of memory of this machine, or of the container where that has less. */
export function availableMemory(): number {
  const limit = process.constrainedMemory?.() ?? 0;
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
