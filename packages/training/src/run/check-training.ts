// What is refused of a run before any of its images is read.
import { checkBundleFolder } from '@cflow/detector/node';
import { openBackbone } from '@cflow/model/node';
import { selectDevice } from '@cflow/runtime';
import { nodeDevices } from '@cflow/runtime/node';
import { checkBackboneNamed } from '../backbone/choose-backbone.js';
import { runOnce } from '../backbone/run-once.js';
import { planTraining } from '../plan/plan.js';
import { checkName } from '../prepare/prepare-run.js';
import { requireExactMode } from './require-exact-mode.js';
import { RunFolder } from './run-folder.js';
import type { TrainDetectorOptions } from './train-detector-options.js';

/** What a run is asked for, of which name and place may follow from the data set. */
export type CheckTrainingOptions = Omit<TrainDetectorOptions, 'dataSet' | 'name' | 'output'> &
  Partial<Pick<TrainDetectorOptions, 'name' | 'output'>>;

/**
 * Refuses what cannot work whatever the images are: options that contradict each other, a backbone, weights or layers that are not there, a
 * device that this machine lacks, a place that may not be written. `trainDetector` begins with it; ask before a data set is opened, which
 * may take long.
 * @throws ConfigurationError, WeightsError, DeviceError, StorageError, ResumeError
 */
export async function checkTraining(request: CheckTrainingOptions): Promise<void> {
  const { configuration, device = 'auto', name, output, resume = false } = request;
  requireExactMode();
  checkBackboneNamed(request);
  planTraining(request.preset, configuration, request.overrides);
  if (name !== undefined) checkName(name);
  if (output !== undefined) {
    await checkBundleFolder(output);
    await RunFolder.check(output, resume);
  }
  // Any machine has some device; one that is named is looked for, and tried later.
  if (device !== 'auto') await selectDevice(device, await nodeDevices(), async () => undefined);
  if (configuration?.backbone !== undefined) await checkBackbone(configuration.backbone, request);
}

/** Whether a backbone is there, with its weights and the layers that are asked for. */
export async function checkBackbone(
  backbone: string,
  { preset, configuration, overrides, weights, precision = 'float32' }: CheckTrainingOptions,
): Promise<void> {
  const { configuration: planned } = planTraining(preset, { ...configuration, backbone }, overrides);
  const { preTrained, seed, layers, inputSize, tileSize } = planned;
  const opened = await openBackbone({ name: backbone, weights, preTrained, seed, run: runOnce });
  // Whether tiles fit together depends on the size of the images, which is not known here.
  await opened.check({ layers, inputSize: tileSize ?? inputSize, precision, outputs: 'maps' });
}
