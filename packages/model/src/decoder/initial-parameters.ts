import type { Tensor } from '@cflow/onnx';
import { randomPermutation, randomStream } from '../weights/random.js';
import { defaultInit } from '../weights/random-init.js';
import { randomRotation } from '../weights/special-orthogonal.js';
import { type DecoderShape, permutationShapes, trainableShapes } from './decoder-shape.js';

/** ln(e^5 - 1) · 2: where the global scale starts, so that its factor ψ is exactly 1. */
const INITIAL_GLOBAL_SCALE = 2 * Math.log(Math.expm1(5));

/**
 * A decoder's parameters before training, by reference name: Linear layers as PyTorch starts them, global scale at
 * factor 1, offset 0, and a random permutation or rotation per block. The same seed and layer give the same bits.
 */
export function initialParameters(shape: DecoderShape, seed: number, layer: string): Map<string, Tensor> {
  const parameters = new Map<string, Tensor>();
  for (const [name, dims] of trainableShapes(shape)) {
    if (name.endsWith('global_scale')) parameters.set(name, filled(dims, INITIAL_GLOBAL_SCALE));
    else if (name.endsWith('global_offset')) parameters.set(name, filled(dims, 0));
    else if (name.endsWith('.weight')) {
      const { weight, bias } = defaultInit(randomStream(seed, `${layer}/${name}`), dims);
      parameters.set(name, weight).set(name.replace(/weight$/, 'bias'), bias);
    }
  }
  for (const [name, dims] of permutationShapes(shape)) {
    const stream = randomStream(seed, `${layer}/${name}`);
    const channels = dims[0]!;
    parameters.set(
      name,
      shape.permuteSoft
        ? randomRotation(stream, channels)
        : { type: 'int64', dims, data: BigInt64Array.from(randomPermutation(stream, channels), BigInt) },
    );
  }
  return parameters;
}

function filled(dims: readonly number[], value: number): Tensor {
  return { type: 'float32', dims, data: new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(value) };
}
