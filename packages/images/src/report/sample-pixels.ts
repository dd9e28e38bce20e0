import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { decodeRaster } from '../decode-raster.js';
import { mapInOrder } from '../map-in-order.js';

/** The pixels of an image, in short. */
export interface PixelSample {
  index: number;
  least: number;
  most: number;
  /** The greatest value that its samples could have. */
  full: number;
  /** Of all pixels and the size. */
  hash: string;
}

const EVENLY = 24;
const SMALLEST = 24;
const AT_ONCE = 4;
const LARGEST_PIXELS = 2 ** 25;

/**
 * Decodes a few of the images: evenly spaced ones, and those whose files are smallest, since an image that is black all over,
 * or of one color, compresses to next to nothing. Images that cannot be decoded are left out.
 */
export async function samplePixels(paths: readonly string[], signal?: AbortSignal): Promise<PixelSample[]> {
  const step = Math.max(1, paths.length / EVENLY);
  const chosen = new Set(
    Array.from({ length: Math.min(EVENLY, paths.length) }, (_, i) => Math.trunc(i * step)),
  );
  const sizes: { index: number; size: number }[] = [];
  const sized = async (path: string) =>
    stat(path).then(
      ({ size }) => size,
      () => Number.POSITIVE_INFINITY,
    );
  let index = 0;
  for await (const size of mapInOrder(paths, sized, { concurrency: AT_ONCE * 4, signal }))
    sizes.push({ index: index++, size });
  sizes.sort((a, b) => a.size - b.size || a.index - b.index);
  for (const each of sizes.slice(0, SMALLEST)) chosen.add(each.index);
  const samples: PixelSample[] = [];
  const look = async (each: number): Promise<PixelSample | undefined> =>
    sampleOf(paths[each] as string, each).catch(() => undefined);
  for await (const sample of mapInOrder(
    [...chosen].sort((a, b) => a - b),
    look,
    { concurrency: AT_ONCE, signal },
  )) {
    if (sample) samples.push(sample);
  }
  return samples;
}

async function sampleOf(path: string, index: number): Promise<PixelSample> {
  const { width, height, data } = await decodeRaster(path, { pixels: LARGEST_PIXELS });
  let [least, most] = [Number.POSITIVE_INFINITY, 0];
  for (const value of data) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const hash = createHash('sha256').update(`${width}x${height}`).update(bytes).digest('hex');
  return { index, least, most, full: data instanceof Uint16Array ? 65_535 : 255, hash };
}
