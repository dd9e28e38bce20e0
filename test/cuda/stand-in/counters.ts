import { readFileSync } from 'node:fs';

/** In the order of `enum Counter` in cuda-runtime.c. */
const NAMES = [
  'launches',
  'products',
  'convolutions',
  'waits',
  'toDevice',
  'toDeviceBytes',
  'toHost',
  'toHostBytes',
  'onDevice',
  'onDeviceBytes',
  'onHost',
  'onHostBytes',
  'allocations',
  'allocatedBytes',
  'peakBytes',
  'refusedAllocations',
  'exactHandles',
  'inexactHandles',
  'device',
] as const;

export type Counters = Record<(typeof NAMES)[number], number>;

/** What was asked of the stand-in so far, also while it is at work. */
export function readCounters(file: string): Counters {
  const bytes = readFileSync(file);
  return Object.fromEntries(NAMES.map((name, i) => [name, Number(bytes.readBigUInt64LE(8 * i))])) as Counters;
}

/** What was asked between two readings. */
export function countersBetween(before: Counters, after: Counters): Counters {
  return Object.fromEntries(NAMES.map((name) => [name, after[name] - before[name]])) as Counters;
}
