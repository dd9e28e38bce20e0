import { ImageError } from '@cflow/spec';

/** Which inputs make an output along one axis, and how much of each. */
export interface AxisFilter<Weights extends Float64Array | Int32Array> {
  /** Number of outputs. */
  size: number;
  /** Room for weights of one output; output `i` has its weights from `i * stride`. */
  stride: number;
  /** First input of each output. */
  starts: Int32Array;
  /** Number of inputs of each output. */
  counts: Int32Array;
  weights: Weights;
}

/** Bits of fraction in an integer weight: 8 bits of pixel and 2 of head room are left of 32. */
export const WEIGHT_BITS = 22;

/**
 * Beyond this, integer weights have so few bits that gray levels would be lost (and all of them at 2^23).
 * An image within the decoder's limits reaches it only when it is a thread of millions of pixels.
 */
const LARGEST_REDUCTION = 2 ** 18;

/**
 * Weights of antialiased bilinear resampling from `inputSize` to `size` along one axis: a triangle centered on
 * the output pixel, as wide as two input pixels, or as two output pixels where the image shrinks, cut at the
 * border, normalized to a sum of 1. The order of operations is that of Pillow's `precompute_coeffs`, in doubles,
 * so that the weights are the same to the last bit.
 */
export function triangleFilter(inputSize: number, size: number): AxisFilter<Float64Array> {
  const scale = inputSize / size;
  if (scale > LARGEST_REDUCTION) {
    throw new ImageError(
      `cannot reduce ${inputSize} pixels to ${size}: the most is ${LARGEST_REDUCTION} times along one axis`,
      { details: { from: inputSize, to: size, limit: LARGEST_REDUCTION } },
    );
  }
  const support = Math.max(scale, 1);
  const inverse = 1 / support;
  const stride = Math.ceil(support) * 2 + 1;
  const starts = new Int32Array(size);
  const counts = new Int32Array(size);
  const weights = new Float64Array(size * stride);
  for (let i = 0; i < size; i++) {
    const center = (i + 0.5) * scale;
    const start = Math.max(0, Math.trunc(center - support + 0.5));
    const count = Math.min(inputSize, Math.trunc(center + support + 0.5)) - start;
    const base = i * stride;
    let sum = 0;
    for (let t = 0; t < count; t++) {
      const distance = Math.abs((t + start - center + 0.5) * inverse);
      const weight = distance < 1 ? 1 - distance : 0;
      weights[base + t] = weight;
      sum += weight;
    }
    for (let t = 0; t < count; t++) weights[base + t] = weights[base + t]! / sum;
    starts[i] = start;
    counts[i] = count;
  }
  return { size, stride, starts, counts, weights };
}

/** The same weights as integers of `WEIGHT_BITS` bits of fraction, as Pillow's `normalize_coeffs_8bpc` rounds them. */
export function integerTriangleFilter(inputSize: number, size: number): AxisFilter<Int32Array> {
  const filter = triangleFilter(inputSize, size);
  const weights = new Int32Array(filter.weights.length);
  for (let i = 0; i < weights.length; i++) {
    weights[i] = Math.trunc(0.5 + filter.weights[i]! * 2 ** WEIGHT_BITS);
  }
  return { ...filter, weights };
}
