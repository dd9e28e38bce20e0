import { ImageError, type Mask, type PictureRegion } from '@cflow/spec';
import { decodeMask } from '../decode-mask.js';
import { imageError } from '../image-error.js';
import type { ImageLimits } from '../image-limits.js';
import { shapeProblem } from '../masks/check-mask.js';
import { pictureRegion } from './region.js';

interface Size {
  width: number;
  height: number;
}

/**
 * What of one image counts, at the size of the mask: not 0.
 *
 * @param image its own size, upright; the mask must be of that shape, at any scale. Undefined where that is known
 * @throws ImageError naming the mask that cannot be read, is of another shape, or is black all over
 */
export async function readRegionMask(
  path: string,
  image: Size | undefined,
  limits: ImageLimits | undefined,
): Promise<Mask> {
  const mask = await decodeMask(path, limits);
  const problem =
    (image && shapeProblem(mask, image)) ??
    (mask.data.includes(1) ? undefined : 'leaves nothing of the picture: paint what counts white');
  if (problem !== undefined) throw imageError(path, 'unusable-mask', `the region ${problem}`);
  return mask;
}

/**
 * The part of one image that counts, on a grid; unlike a region for all images it may be all of it.
 *
 * @param grid [height, width]
 * @throws ImageError as `readRegionMask`, and where no place of the grid is inside
 */
export async function readImageRegion(
  path: string,
  image: Size | undefined,
  [height, width]: readonly [number, number],
  limits?: ImageLimits,
): Promise<PictureRegion> {
  const mask = await readRegionMask(path, image, limits);
  if (!mask.data.includes(0)) return { width, height, runs: `0 ${width * height}` };
  try {
    return pictureRegion(mask, width, height);
  } catch (error) {
    if (!ImageError.isInstance(error)) throw error;
    throw new ImageError(`${path}: ${error.message}`, { details: error.details, cause: error });
  }
}
