// Runs a graph in this process, for tests of this package only: products run graphs through @cflow/runtime.
import * as ort from 'onnxruntime-node';
import type { Graph } from '../graph.js';
import type { Tensor } from '../tensor.js';
import { writeModel } from '../write-model.js';

export async function runGraph(graph: Graph, feeds: Record<string, Tensor>): Promise<Record<string, Tensor>> {
  const session = await ort.InferenceSession.create(writeModel(graph), { logSeverityLevel: 3 });
  try {
    const inputs = Object.entries(feeds).map(([name, { type, data, dims }]) => [
      name,
      new ort.Tensor(type as 'float32', data as Float32Array, dims as number[]),
    ]);
    const outputs = await session.run(Object.fromEntries(inputs));
    return Object.fromEntries(
      Object.entries(outputs).map(([name, { type, data, dims }]) => [name, { type, data, dims } as Tensor]),
    );
  } finally {
    await session.release();
  }
}
