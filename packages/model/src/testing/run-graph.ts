// Runs a graph in this process, for tests of this package only: products run graphs through @cflow/runtime.
import { type Graph, type Tensor, writeModel } from '@cflow/onnx';
import { runModel } from './run-model.js';

export type Tensors = Record<string, Tensor>;

export function runGraph(graph: Graph, feeds: Tensors): Promise<Tensors> {
  return runModel(writeModel(graph), feeds);
}

/** The numbers of a float32 tensor among inputs or outputs. */
export function numbers(tensors: Tensors, name: string): Float32Array {
  const tensor = tensors[name];
  if (tensor?.type !== 'float32') throw new Error(`no float32 tensor "${name}"`);
  return tensor.data as Float32Array;
}
