import type { Tensor } from '@cflow/onnx';
import { createNodeRuntime } from '@cflow/runtime/node';

/** Runs a model once on the CPU: how a backbone from an ONNX file finds out what its tensors look like. */
export async function runOnce(
  model: Uint8Array,
  feeds: Readonly<Record<string, Tensor>>,
): Promise<Record<string, Tensor>> {
  const runtime = createNodeRuntime({ device: 'cpu' });
  try {
    return await (await runtime.createSession({ model })).run(feeds);
  } finally {
    await runtime.dispose();
  }
}
