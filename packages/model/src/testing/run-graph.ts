// Runs a graph in this process, for tests of this package only: products run graphs through @cflow/runtime.
import { type Graph, writeModel } from '@cflow/onnx';
import { runModel } from './run-model.js';
import type { Tensors } from './tensors.js';

export function runGraph(graph: Graph, feeds: Tensors): Promise<Tensors> {
  return runModel(writeModel(graph), feeds);
}

/** The numbers of a float32 tensor among inputs or outputs. */
export function numbers(tensors: Tensors, name: string): Float32Array {
  const tensor = tensors[name];
  if (tensor?.type !== 'float32') throw new Error(`no float32 tensor "${name}"`);
  return tensor.data as Float32Array;
}
