import { type ImageStatistic, statisticTensorName } from '@cflow/model';
import { float32, type Tensor } from '@cflow/onnx';
import { symmetricEigen } from './symmetric-eigen.js';

/** What is known of good images by one statistic. */
export interface ImageStandard {
  /** By the names that the head knows them by. */
  tensors: Map<string, Tensor>;
  /** Distance of each image from the others, as if it had not been among them: [images]. */
  leftOut: Float64Array;
  /** Distance of another image, as the head computes it. @param image [length] */
  distance(image: Float32Array): number;
}

/** The ridge, as a part of the mean variance along the axes that the images span. */
const RIDGE = 0.05;

/** Images that what channels stray within one of them counts as, beside those there are. */
const PRIOR_IMAGES = 2;

/** A number that hardly varies is not blown up: it is divided by this part of the mean deviation at least. */
const LEAST_SCALE = 1e-3;

/**
 * Mean, deviation and, standardized by them, principal axes of good images, from the products of all images with each other: there are fewer images than
 * numbers in each. What Mahalanobis' distance would be without an image follows from the whole by the formula of Sherman
 * and Morrison: with n images, λ = (n - 1) c and h = xᵀ(XᵀX + λ)⁻¹x for a centered image x, the others' mean is n / (n - 1)
 * x away and their scatter is XᵀX - n / (n - 1) xxᵀ. The deviations are those of all images, which is right as long as there
 * are many.
 *
 * Few images say little of how much a number strays, and by chance nothing of some. What its channel strays within an image is
 * in proportion to it, and counts as two images more.
 *
 * @param values [images, length]
 * @param within [length], what each number's channel strays within an image
 */
export function imageStandard(
  statistic: ImageStatistic,
  values: Float32Array,
  images: number,
  within: Float32Array,
): ImageStandard {
  const length = values.length / images;
  const mean = new Float64Array(length);
  for (let i = 0; i < values.length; i++) mean[i % length] = mean[i % length]! + values[i]! / images;
  const scale = deviationsOf(values, mean, within);
  const centered = Float64Array.from(values, (value, i) => (value - mean[i % length]!) / scale[i % length]!);
  const gram = gramOf(centered, images, length);
  const { values: found, vectors } = symmetricEigen(gram, images);
  const trace = found.reduce((sum, value) => sum + Math.max(0, value), 0);
  const freedom = Math.max(1, images - 1);
  // Images that are all alike span nothing; then every direction counts alike.
  const ridge = Math.max((RIDGE * trace) / freedom ** 2, 1e-12);
  const lambda = ridge * freedom;

  const axes: Float32Array[] = [];
  const leverage = new Float64Array(images);
  for (let k = 0; k < images; k++) {
    const value = found[k]!;
    if (value <= 1e-9 * Math.max(trace, Number.MIN_VALUE)) break;
    const share = value / (value + lambda);
    // The axis is Xᵀu / √value; its root of the share goes with it.
    const factor = Math.sqrt(share / value);
    const axis = new Float64Array(length);
    for (let i = 0; i < images; i++) {
      const weight = vectors[k * images + i]!;
      leverage[i] = leverage[i]! + weight * weight * share;
      const row = i * length;
      for (let j = 0; j < length; j++) axis[j] = axis[j]! + weight * centered[row + j]!;
    }
    axes.push(Float32Array.from(axis, (each) => each * factor));
  }
  const ratio = images / freedom;
  const leftOut = leverage.map((h) =>
    Math.sqrt((ratio * ratio * h * Math.max(1, images - 2)) / Math.max(1e-6, 1 - ratio * h)),
  );
  const matrix = new Float32Array(Math.max(1, axes.length) * length);
  axes.forEach((axis, k) => {
    matrix.set(axis, k * length);
  });
  const distance = (image: Float32Array): number => {
    const q = mean.map((each, j) => (image[j]! - each) / scale[j]!);
    let rest = q.reduce((sum, each) => sum + each * each, 0);
    for (const axis of axes) rest -= axis.reduce((sum, each, j) => sum + each * q[j]!, 0) ** 2;
    return Math.sqrt(Math.max(rest, 0) / ridge);
  };
  return {
    tensors: new Map<string, Tensor>([
      [statisticTensorName(statistic, 'mean'), float32([length], Float32Array.from(mean))],
      [statisticTensorName(statistic, 'scale'), float32([length], Float32Array.from(scale))],
      [statisticTensorName(statistic, 'axes'), float32([Math.max(1, axes.length), length], matrix)],
      [statisticTensorName(statistic, 'ridge'), float32([1], [ridge])],
    ]),
    leftOut,
    distance,
  };
}

/** Deviation of each number over the images and the prior. */
function deviationsOf(values: Float32Array, mean: Float64Array, within: Float32Array): Float64Array {
  const { length } = mean;
  const images = values.length / length;
  const squares = new Float64Array(length);
  values.forEach((value, i) => {
    squares[i % length] = squares[i % length]! + (value - mean[i % length]!) ** 2;
  });
  const total = squares.reduce((sum, each) => sum + each / images, 0);
  const prior = within.reduce((sum, each) => sum + each * each, 0);
  const ratio = prior > 0 ? total / prior : 0;
  const deviations = squares.map((sum, j) =>
    Math.sqrt((sum + PRIOR_IMAGES * ratio * within[j]! ** 2) / (images + PRIOR_IMAGES)),
  );
  const least = (LEAST_SCALE * deviations.reduce((sum, each) => sum + each, 0)) / length;
  // Images that are all alike have no deviation at all.
  return deviations.map((each) => Math.max(each, least) || 1);
}

function gramOf(centered: Float64Array, images: number, length: number): Float64Array {
  const gram = new Float64Array(images * images);
  for (let i = 0; i < images; i++) {
    const a = centered.subarray(i * length, (i + 1) * length);
    for (let j = 0; j <= i; j++) {
      const b = centered.subarray(j * length, (j + 1) * length);
      let sum = 0;
      for (let k = 0; k < length; k++) sum += a[k]! * b[k]!;
      gram[i * images + j] = sum;
      gram[j * images + i] = sum;
    }
  }
  return gram;
}
