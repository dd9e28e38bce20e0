import type { ImageStatistic } from '@cflow/model';
import { foldOf } from './cross-fitted-distances.js';
import { imageStandard } from './image-standards.js';

/**
 * Distance of each image as a whole from good images that it was not among: of all but the eighth that it belongs to.
 *
 * @param values [images, length]
 * @param within [length], as `imageStandard` takes it
 * @returns [images]
 */
export function crossFittedStandards(
  statistic: ImageStatistic,
  values: Float32Array,
  images: number,
  within: Float32Array,
): Float64Array {
  const { length } = within;
  const fold = foldOf(images);
  const distances = new Float64Array(images);
  for (const left of new Set([...distances.keys()].map(fold))) {
    const others = values.filter((_, i) => fold(Math.floor(i / length)) !== left);
    const standard = imageStandard(statistic, others, others.length / length, within);
    for (let image = 0; image < images; image++) {
      if (fold(image) !== left) continue;
      distances[image] = standard.distance(values.subarray(image * length, (image + 1) * length));
    }
  }
  return distances;
}
