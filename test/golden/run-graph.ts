import type { Graph, Tensor } from '@cflow/onnx';
import { writeModel } from '@cflow/onnx';
import * as ort from 'onnxruntime-node';

export type Tensors = Record<string, Tensor>;

/** A graph that is ready to run, on the CPU of this process. */
export interface OpenGraph {
  run(feeds: Tensors): Promise<Tensors>;
  release(): Promise<void>;
}

export async function openGraph(graph: Graph): Promise<OpenGraph> {
  const session = await ort.InferenceSession.create(writeModel(graph), { logSeverityLevel: 3 });
  return {
    async run(feeds) {
      const inputs = Object.entries(feeds).map(([name, { type, data, dims }]) => [
        name,
        new ort.Tensor(type as 'float32', data as Float32Array, dims),
      ]);
      const outputs = await session.run(Object.fromEntries(inputs));
      return Object.fromEntries(
        Object.entries(outputs).map(([name, { type, data, dims }]) => [name, { type, data, dims } as Tensor]),
      );
    },
    release: () => session.release(),
  };
}

/** Runs a graph once. */
export async function runGraph(graph: Graph, feeds: Tensors): Promise<Tensors> {
  const open = await openGraph(graph);
  try {
    return await open.run(feeds);
  } finally {
    await open.release();
  }
}

/** The numbers of a float32 output. */
export function values(outputs: Tensors, name: string): Float32Array {
  const tensor = outputs[name];
  if (tensor?.type !== 'float32') throw new Error(`no float32 output "${name}"`);
  return tensor.data as Float32Array;
}
