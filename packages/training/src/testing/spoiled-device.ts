import type { TrainingDevice } from '../prepare/training-device.js';
import { changedLosses, changedOutputs } from './changed-outputs.js';

/** A device that trains rightly until `spoilt` says otherwise; from then on its losses are what `loss` says. */
export function spoiledDevice(device: TrainingDevice, loss: number, spoilt: () => boolean): TrainingDevice {
  return {
    ...device,
    createRuntime: async () =>
      changedOutputs(await device.createRuntime(), (outputs) =>
        spoilt() ? changedLosses(outputs, () => loss) : outputs,
      ),
  };
}
