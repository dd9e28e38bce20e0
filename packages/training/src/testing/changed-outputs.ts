import type { Tensor } from '@cflow/onnx';
import type { Runtime } from '@cflow/runtime';
import type { Device } from '@cflow/spec';

type Outputs = Record<string, Tensor>;

/** A runtime whose sessions give other outputs than they compute. @param device what it calls itself */
export function changedOutputs(
  runtime: Runtime,
  change: (outputs: Outputs) => Outputs,
  device: Device = runtime.device,
): Runtime {
  return {
    device,
    failure: undefined,
    dispose: () => runtime.dispose(),
    async createSession(source, options) {
      const session = await runtime.createSession(source, options);
      return {
        ...session,
        run: async (feeds, runOptions) => change(await session.run(feeds, runOptions)),
      };
    },
  };
}

/** Outputs of a training step with other losses. */
export function changedLosses(outputs: Outputs, change: (loss: number) => number): Outputs {
  const { losses } = outputs;
  if (!losses) return outputs;
  return { ...outputs, losses: { ...losses, data: (losses.data as Float32Array).map(change) } as Tensor };
}
