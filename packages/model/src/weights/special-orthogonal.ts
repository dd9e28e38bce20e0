import type { Float32Tensor } from '@cflow/onnx';
import { gaussians, type RandomGenerator } from './random.js';

// Columns at a time: they stay in the processor's cache while all reflections pass over them.
const COLUMNS = 4;
type Columns = [Float64Array, Float64Array, Float64Array, Float64Array];

/**
 * A random rotation, [size, size], from the Haar (uniform) measure on SO(size), as scipy's `special_ortho_group`
 * draws it: R = D H_0 H_1 ... H_{size-2}, where H_k is the Householder reflection that maps a Gaussian vector of the last
 * size - k coordinates to the first of them, and D holds the signs of the vectors' first elements, with a last sign
 * that makes the determinant +1. Source: G. W. Stewart, SIAM J. Numer. Anal. 17 (1980), 403-409.
 *
 * Computed in float64, rounded to float32 at the end; about 4/3 size^3 operations (some seconds for 2048).
 */
export function randomRotation(random: RandomGenerator, size: number): Float32Tensor {
  const vectors: Float64Array[] = [];
  const signs = new Float64Array(size).fill(1);
  let last = (size - 1) % 2 === 0 ? 1 : -1;
  for (let k = 0; k < size - 1; k++) {
    const vector = gaussians(random, size - k);
    signs[k] = reflector(vector);
    last *= signs[k]!;
    vectors.push(vector);
  }
  if (size > 0) signs[size - 1] = last;
  const data = new Float32Array(size * size);
  for (let first = 0; first < size; first += COLUMNS) {
    const columns = Array.from({ length: COLUMNS }, () => new Float64Array(size));
    columns.forEach((column, j) => {
      if (first + j < size) column[first + j] = 1;
    });
    // From the last reflection to the first. Those beyond the columns' ones meet only zeros.
    for (let k = Math.min(first + COLUMNS - 1, size - 2); k >= 0; k--) {
      reflect(vectors[k] as Float64Array, k, columns as Columns);
    }
    columns.slice(0, size - first).forEach((column, j) => {
      for (let i = 0; i < size; i++) data[i * size + first + j] = signs[i]! * column[i]!;
    });
  }
  return { type: 'float32', dims: [size, size], data };
}

/** Turns x into u with H = I - u u', H x along the first axis, in place; gives the sign of x's first element. */
function reflector(x: Float64Array): number {
  let squares = 0;
  for (const value of x) squares += value * value;
  const first = x[0]!;
  const sign = first < 0 ? -1 : 1;
  const lengthened = first + sign * Math.sqrt(squares);
  x[0] = lengthened;
  const scale = 1 / Math.sqrt((squares - first * first + lengthened * lengthened) / 2);
  for (let i = 0; i < x.length; i++) x[i] = x[i]! * scale;
  return sign;
}

/** c = c - u (u' c) on the elements of each column from k on. */
function reflect(u: Float64Array, k: number, [c0, c1, c2, c3]: Columns): void {
  let dot0 = 0;
  let dot1 = 0;
  let dot2 = 0;
  let dot3 = 0;
  for (let i = 0; i < u.length; i++) {
    const value = u[i]!;
    dot0 += value * c0[k + i]!;
    dot1 += value * c1[k + i]!;
    dot2 += value * c2[k + i]!;
    dot3 += value * c3[k + i]!;
  }
  for (let i = 0; i < u.length; i++) {
    const value = u[i]!;
    c0[k + i] = c0[k + i]! - dot0 * value;
    c1[k + i] = c1[k + i]! - dot1 * value;
    c2[k + i] = c2[k + i]! - dot2 * value;
    c3[k + i] = c3[k + i]! - dot3 * value;
  }
}
