import { CflowError, type DataSetItem, type ImageError } from '@cflow/spec';
import type { ImageLimits } from '../image-limits.js';
import { mapInOrder } from '../map-in-order.js';
import { readRegionMask } from '../region/read-image-region.js';
import { readImageHeader } from './read-header.js';

const AT_ONCE = 4;

/** Reads the regions that images have of their own, and gives those that cannot be used: a run would find out hours later. */
export async function unusableRegions(
  items: readonly DataSetItem[],
  { signal, limits }: { signal?: AbortSignal | undefined; limits?: ImageLimits | undefined },
): Promise<{ name: string; error: ImageError }[]> {
  const unusable: { name: string; error: ImageError }[] = [];
  const own = items.filter(({ regionPath }) => regionPath !== undefined);
  const look = async ({ name, path, regionPath }: DataSetItem) => {
    const header = await readImageHeader(path);
    // Images that cannot be read are told as such.
    if (!header) return undefined;
    try {
      await readRegionMask(regionPath as string, header, limits);
      return undefined;
    } catch (error) {
      if (CflowError.isInstance(error) && error.code === 'image') return { name, error: error as ImageError };
      throw error;
    }
  };
  for await (const found of mapInOrder(own, look, { concurrency: AT_ONCE, signal })) {
    if (found) unusable.push(found);
  }
  return unusable;
}
