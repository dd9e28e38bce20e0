import type { Tensor } from '@cflow/onnx';
import * as ort from 'onnxruntime-node';
import type { Tensors } from './tensors.js';

/** Runs the bytes of a model in this process. */
export async function runModel(model: Uint8Array, feeds: Readonly<Tensors>): Promise<Tensors> {
  const session = await ort.InferenceSession.create(model, { logSeverityLevel: 4 });
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
