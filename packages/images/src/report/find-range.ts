import type { DataSetReport, SampleRange } from '@cflow/spec';
import { decodeSamples } from '../decode-raster.js';
import { rangeOfGreatest } from '../found-range.js';
import type { ImageLimits } from '../image-limits.js';
import { mapInOrder } from '../map-in-order.js';

export interface FindRangeOptions {
  /** What a person said: nothing is looked for. */
  range?: SampleRange | undefined;
  limits?: ImageLimits | undefined;
  signal?: AbortSignal | undefined;
}

/** What samples of floating point are usually between. */
const FLOAT_RANGES = [1, 255];
/** Images that are looked at, at most, evenly spaced. */
const MOST_IMAGES = 2000;
const AT_ONCE = 4;

/**
 * Values that samples of more than 8 bits lie between, over all images: of 16 bits, up to the greatest that 8, 10, 12 or 14
 * bits can hold, if none is above it; of floating point, 0 to 1 or 0 to 255 where they are within it, and else the least and
 * the greatest. Undefined where that is full scale, or all samples have 8 bits. Images that cannot be read do not count.
 */
export async function findRange(
  paths: readonly string[],
  { range, limits, signal }: FindRangeOptions,
): Promise<DataSetReport['range']> {
  if (range) return { ...range, told: true };
  const step = Math.max(1, paths.length / MOST_IMAGES);
  const chosen = Array.from(
    { length: Math.min(MOST_IMAGES, paths.length) },
    (_, i) => paths[Math.trunc(i * step)] as string,
  );
  let [least, most, floats] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, false];
  const look = async (path: string) => extremesOf(path, limits).catch(() => undefined);
  for await (const found of mapInOrder(chosen, look, { concurrency: AT_ONCE, signal })) {
    if (!found) continue;
    least = Math.min(least, found.least);
    most = Math.max(most, found.most);
    floats ||= found.floats;
  }
  // Of nothing but 8 bits, or black all over: there is nothing to find.
  if (!(most > least)) return undefined;
  const found = floats ? floatRange(least, most) : rangeOfGreatest(most);
  return found && { ...found, told: false };
}

function floatRange(least: number, most: number): SampleRange {
  const usual = least < 0 ? undefined : FLOAT_RANGES.find((high) => most <= high);
  return usual === undefined ? { low: least, high: most } : { low: 0, high: usual };
}

/** Of an image of more than 8 bits. */
async function extremesOf(
  path: string,
  limits: ImageLimits | undefined,
): Promise<{ least: number; most: number; floats: boolean } | undefined> {
  const { data } = await decodeSamples(path, limits ?? {}, { ranged: true });
  if (data instanceof Uint8Array) return undefined;
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of data) {
    if (value < least && Number.isFinite(value)) least = value;
    if (value > most && Number.isFinite(value)) most = value;
  }
  return { least, most, floats: data instanceof Float32Array };
}
