import type { ImageError, Mask } from '@cflow/spec';
import { decodeMask } from '../decode-mask.js';
import { imageError } from '../image-error.js';
import type { ImageLimits } from '../image-limits.js';
import { resizeMask } from '../resize-mask.js';
import { NO_MARKS, shapeProblem } from './check-mask.js';

/**
 * The defects of an image, of which there may be several masks: what any of them marks.
 * @param image The image's own size, upright.
 * @param mustMark Whether a mask that marks nothing is refused, as that of a bad image.
 * @throws ImageError naming a mask that cannot be read, is of another shape than the image, or marks nothing
 */
export async function readDefectMask(
  paths: readonly string[],
  image: { width: number; height: number },
  { mustMark, limits }: { mustMark: boolean; limits?: ImageLimits | undefined },
): Promise<Mask> {
  let all: Mask | undefined;
  for (const path of paths) {
    const mask = await decodeMask(path, limits);
    const problem = shapeProblem(mask, image);
    if (problem !== undefined) throw unusable(path, problem);
    all = all ? union(all, resizeMask(mask, all.width, all.height)) : mask;
  }
  const marks = all?.data.includes(1) === true;
  if (mustMark && !marks) throw unusable(paths[0] ?? '', NO_MARKS);
  return all ?? { width: 1, height: 1, data: new Uint8Array(1) };
}

function unusable(path: string, problem: string): ImageError {
  return imageError(path, 'unusable-mask', `the mask ${problem}`);
}

function union(a: Mask, b: Mask): Mask {
  return { ...a, data: a.data.map((value, i) => value | b.data[i]!) };
}
