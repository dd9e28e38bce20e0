import { CflowError, type DataSetItem, type ImageError } from '@cflow/spec';
import type { ImageLimits } from '../image-limits.js';
import { mapInOrder } from '../map-in-order.js';
import { readRegionMask } from '../region/read-image-region.js';
import { readImageHeader } from './read-header.js';

const AT_ONCE = 4;

/**
 * Reads the regions of images, or the one of all of them, and gives those that cannot be used: a run would find out hours later.
 * @param region of all
 */
export async function unusableRegions(
  items: readonly DataSetItem[],
  region: string | undefined,
  { signal, limits }: { signal?: AbortSignal | undefined; limits?: ImageLimits | undefined },
): Promise<{ name: string; error: ImageError }[]> {
  const unusable: { name: string; error: ImageError }[] = [];
  const own = items.filter(({ regionPath }) => regionPath !== undefined);
  const tryOne = async (name: string, path: string, image: Parameters<typeof readRegionMask>[1]) => {
    try {
      await readRegionMask(path, image, limits);
      return undefined;
    } catch (error) {
      if (CflowError.isInstance(error) && error.code === 'image') return { name, error: error as ImageError };
      throw error;
    }
  };
  const common = region === undefined ? undefined : await tryOne(region, region, undefined);
  if (common) unusable.push(common);
  const look = async ({ name, path, regionPath }: DataSetItem) => {
    const header = await readImageHeader(path);
    // Images that cannot be read are told as such.
    return header && tryOne(name, regionPath as string, header);
  };
  for await (const found of mapInOrder(own, look, { concurrency: AT_ONCE, signal })) {
    if (found) unusable.push(found);
  }
  return unusable;
}
