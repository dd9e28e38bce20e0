import { createHash } from 'node:crypto';
import { CflowError, type ImageError, type SampleRange } from '@cflow/spec';
import { decodeSamples } from '../decode-raster.js';
import { evenlySpaced } from '../evenly-spaced.js';
import { mapInOrder } from '../map-in-order.js';
import { FULL_RANGE, SampleScale } from '../sample-scale.js';
import { endOf } from './ends-early.js';
import type { PixelSample } from './seen.js';

const EVENLY = 24;
const SMALLEST = 24;
const MOST_EARLY = 64;
const AT_ONCE = 4;
const LARGEST_PIXELS = 2 ** 25;

/** The pixels of a few images. */
export interface PixelSamples {
  samples: PixelSample[];
  /** Images among them that cannot be decoded. */
  failed: { index: number; error: ImageError }[];
}

/**
 * Decodes a few of the images: evenly spaced ones, and those whose files are smallest, since an image that is black all over,
 * or of one color, compresses to next to nothing; and those whose files seem to be cut off. Very large ones are left out.
 */
export async function samplePixels(
  paths: readonly string[],
  range?: SampleRange,
  signal?: AbortSignal,
): Promise<PixelSamples> {
  const step = Math.max(1, paths.length / EVENLY);
  const chosen = new Set(
    Array.from({ length: Math.min(EVENLY, paths.length) }, (_, i) => Math.trunc(i * step)),
  );
  const sizes: { index: number; size: number }[] = [];
  const early: number[] = [];
  let index = 0;
  for await (const { size, isEarly } of mapInOrder(paths, endOf, { concurrency: AT_ONCE * 4, signal })) {
    if (isEarly) early.push(index);
    sizes.push({ index: index++, size });
  }
  for (const each of evenlySpaced(early, MOST_EARLY)) chosen.add(each);
  sizes.sort((a, b) => a.size - b.size || a.index - b.index);
  for (const each of sizes.slice(0, SMALLEST)) chosen.add(each.index);
  const found: PixelSamples = { samples: [], failed: [] };
  const look = async (each: number) => {
    try {
      return { sample: await sampleOf(paths[each] as string, each, range) };
    } catch (error) {
      return { index: each, error };
    }
  };
  for await (const { sample, index: at, error } of mapInOrder(
    [...chosen].sort((a, b) => a - b),
    look,
    { concurrency: AT_ONCE, signal },
  )) {
    if (sample) found.samples.push(sample);
    else if (at !== undefined && isUndecodable(error)) found.failed.push({ index: at, error });
  }
  return found;
}

/** Whether an image cannot be read by anything here, and not only by what looks at a few. */
function isUndecodable(error: unknown): error is ImageError {
  if (!CflowError.isInstance(error) || error.code !== 'image') return false;
  return !['too-many-pixels', 'too-large'].includes(String(error.details.reason));
}

async function sampleOf(path: string, index: number, range: SampleRange | undefined): Promise<PixelSample> {
  const limits = { pixels: LARGEST_PIXELS };
  const { width, height, data } = await decodeSamples(path, limits, { ranged: true });
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of data) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const hash = createHash('sha256').update(`${width}x${height}`).update(bytes).digest('hex');
  const scale = new SampleScale(range);
  const deep = !(data instanceof Uint8Array);
  if (deep) scale.bytesOf(data);
  const own = deep ? (range ?? FULL_RANGE) : { low: 0, high: 255 };
  return { index, least, most, deep, range: own, misfit: range && scale.misfit, hash };
}
