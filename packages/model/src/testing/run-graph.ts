// Runs a graph in this process, for tests of this package only: products run graphs through @cflow/runtime.
import { type Graph, type Tensor, writeModel } from '@cflow/onnx';
import * as ort from 'onnxruntime-node';

export type Tensors = Record<string, Tensor>;

export async function runGraph(graph: Graph, feeds: Tensors): Promise<Tensors> {
  const session = await ort.InferenceSession.create(writeModel(graph), { logSeverityLevel: 3 });
  try {
    const inputs = Object.entries(feeds).map(([name, { type, data, dims }]) => [
      name,
      new ort.Tensor(type as 'float32', data as Float32Array, dims),
    ]);
    const outputs = await session.run(Object.fromEntries(inputs));
    return Object.fromEntries(
      Object.entries(outputs).map(([name, { type, data, dims }]) => [name, { type, data, dims } as Tensor]),
    );
  } finally {
    await session.release();
  }
}

/** The numbers of a float32 tensor among inputs or outputs. */
export function numbers(tensors: Tensors, name: string): Float32Array {
  const tensor = tensors[name];
  if (tensor?.type !== 'float32') throw new Error(`no float32 tensor "${name}"`);
  return tensor.data as Float32Array;
}
