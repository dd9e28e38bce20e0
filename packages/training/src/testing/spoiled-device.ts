import type { Tensor } from '@cflow/onnx';
import type { TrainingDevice } from '../prepare/training-device.js';

/** A device that trains rightly until `spoilt` says otherwise; from then on its losses are what `loss` says. */
export function spoiledDevice(device: TrainingDevice, loss: number, spoilt: () => boolean): TrainingDevice {
  return {
    ...device,
    async createRuntime() {
      const runtime = await device.createRuntime();
      return {
        device: runtime.device,
        failure: undefined,
        dispose: () => runtime.dispose(),
        async createSession(source, options) {
          const session = await runtime.createSession(source, options);
          return {
            ...session,
            async run(feeds, runOptions) {
              const outputs = await session.run(feeds, runOptions);
              const { losses } = outputs;
              if (losses && spoilt()) {
                outputs.losses = { ...losses, data: (losses.data as Float32Array).map(() => loss) } as Tensor;
              }
              return outputs;
            },
          };
        },
      };
    },
  };
}
