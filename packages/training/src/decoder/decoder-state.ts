import {
  type DecoderShape,
  GRADIENT_SUM,
  permutationShapes,
  SQUARE_SUM,
  trainableShapes,
} from '@cflow/model';
import type { Tensor } from '@cflow/onnx';

/** Everything that a decoder's training continues from. */
export interface DecoderState {
  /** Parameters, permutations and Adam's moments by name. */
  tensors: Map<string, Tensor>;
  /** Optimizer steps taken. */
  steps: number;
}

/** A state at the start: given parameters, and moments of zero. */
export function initialState(shape: DecoderShape, parameters: ReadonlyMap<string, Tensor>): DecoderState {
  const tensors = new Map(parameters);
  for (const prefix of [GRADIENT_SUM, SQUARE_SUM]) {
    for (const [name, dims] of trainableShapes(shape)) {
      const count = dims.reduce((a, b) => a * b, 1);
      tensors.set(prefix + name, { type: 'float32', dims, data: new Float32Array(count) });
    }
  }
  return { tensors, steps: 0 };
}

/** The parameters among a state's tensors: what a detector needs. */
export function parametersOf(shape: DecoderShape, state: DecoderState): Map<string, Tensor> {
  const names = [...trainableShapes(shape), ...permutationShapes(shape)].map(([name]) => name);
  return new Map(names.map((name) => [name, state.tensors.get(name) as Tensor]));
}

/** Whether a tensor of a state is a parameter, not a moment of Adam's. */
export function isParameter(name: string): boolean {
  return !name.startsWith(GRADIENT_SUM) && !name.startsWith(SQUARE_SUM);
}
