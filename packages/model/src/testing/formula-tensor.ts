// Weights and pixels out of names alone, the same here and in backbones/testdata/make-golden.py.
import { elementCount, type Float32Tensor, float32, type Tensor, uint8 } from '@cflow/onnx';

/** FNV-1a over the bytes of an ASCII text; an unsigned 32-bit number. */
export function fnv1a(text: string): number {
  let hash = 2166136261;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619);
  return hash >>> 0;
}

/** Number `index` in [0, 1) of a name: MurmurHash3's finaliser over a counter. */
function formulaUniform(seed: number, index: number): number {
  let h = (Math.imul(index, 0x9e3779b9) + seed) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
}

/** A weight, by what its name says it is. */
export function formulaTensor(name: string, dims: readonly number[]): Float32Tensor {
  const seed = fnv1a(name);
  const bound = Math.sqrt(4 / elementCount(dims.slice(1)));
  const shift = /(running_var|weight)$/.test(name) ? 0.5 : -0.5;
  const data = new Float32Array(elementCount(dims));
  for (let i = 0; i < data.length; i++) {
    const u = formulaUniform(seed, i);
    data[i] = dims.length === 4 ? (2 * u - 1) * bound : u + shift;
  }
  return float32(dims, data);
}

/** Noise, uint8 [1, 3, height, width]. */
export function formulaImage(height: number, width: number): Tensor {
  const seed = fnv1a('image');
  const data = new Uint8Array(3 * height * width);
  for (let i = 0; i < data.length; i++) data[i] = Math.floor(formulaUniform(seed, i) * 256);
  return uint8([1, 3, height, width], data);
}
