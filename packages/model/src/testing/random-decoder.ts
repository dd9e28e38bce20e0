// Decoders and features made by chance, for tests.
import { elementCount, type Float32Tensor } from '@cflow/onnx';
import type { DecoderShape } from '../decoder/decoder-shape.js';
import { initialParameters } from '../decoder/initial-parameters.js';
import { gaussians, randomStream, uniform } from '../weights/random.js';
import type { Tensors } from './tensors.js';

/** A small decoder; give what the test is about. */
export function smallDecoder(options: Partial<DecoderShape> = {}): DecoderShape {
  return {
    kind: options.conditionVector === 0 ? 'freia-flow' : 'freia-cflow',
    channels: 6,
    conditionVector: 8,
    couplingBlocks: 2,
    clampAlpha: 1.9,
    permuteSoft: false,
    ...options,
  };
}

/**
 * Parameters as after training: where training starts, the global factor is 1, the offset 0 and the log scales are
 * next to nothing, so that a mistake in any of them would not show.
 */
export function trainedLikeParameters(shape: DecoderShape, seed: number): Tensors {
  const random = randomStream(seed, 'trained');
  const parameters = initialParameters(shape, seed, 'layer');
  for (const [name, tensor] of parameters) {
    const data = tensor.data as Float32Array;
    if (name.endsWith('global_scale')) fill(data, () => uniform(random, 7, 13));
    else if (name.endsWith('global_offset')) fill(data, () => uniform(random, -0.5, 0.5));
    else if (name.endsWith('subnet.2.weight')) fill(data, (i) => 4 * data[i]!);
  }
  return Object.fromEntries(parameters);
}

/** Standard normal numbers. */
export function randomTensor(dims: readonly number[], seed: number): Float32Tensor {
  const data = Float32Array.from(gaussians(randomStream(seed, 'tensor'), elementCount(dims)));
  return { type: 'float32', dims, data };
}

function fill(data: Float32Array, value: (index: number) => number): void {
  for (let i = 0; i < data.length; i++) data[i] = value(i);
}
