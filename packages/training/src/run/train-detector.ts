// One training run, from a data set to a bundle: the list of its steps.
import { availableParallelism } from 'node:os';
import { recoverFolder, writeFolderBundle } from '@cflow/detector/node';
import { nodeDevices } from '@cflow/runtime/node';
import type { BundleManifest } from '@cflow/spec';
import { completeBundle } from '../detector/complete-bundle.js';
import { startEvent } from '../prepare/prepare-run.js';
import { openTrainingDevice } from '../prepare/training-device.js';
import { checkReadable } from './check-readable.js';
import { checkTraining } from './check-training.js';
import { evaluateRun } from './evaluate-run.js';
import { fitDetector } from './fit-detector.js';
import { openGoodImages } from './good-images.js';
import { chooseNetwork, identityOf, prepareFolderRun, understandDataSet } from './prepare-folder-run.js';
import { reportOfRun } from './report-of-run.js';
import { RunFolder } from './run-folder.js';
import { withTimeLeft } from './time-left.js';
import type { AskedTraining, TrainDetectorOptions } from './train-detector-options.js';
import { versions } from './versions.js';

/**
 * Trains a detector and writes its bundle.
 * @throws DataSetError, ConfigurationError, WeightsError, DeviceError, TrainingError (a ResumeError where there is nothing to
 * go on with), StorageError, or the signal's reason
 */
export async function trainDetector(options: TrainDetectorOptions): Promise<BundleManifest> {
  const started = performance.now();
  const seconds = (): number => (performance.now() - started) / 1000;
  const { output, limits } = options;
  const onEvent = withTimeLeft(options.onEvent ?? (() => undefined));
  const signal = options.signal ?? new AbortController().signal;
  const asked: AskedTraining = { ...options, onEvent, signal };

  await checkTraining(options);
  const device = await openTrainingDevice(
    options.device ?? 'auto',
    await nodeDevices(),
    options.threads ?? availableParallelism(),
  );
  const backbone = await chooseNetwork(asked);
  const understood = await understandDataSet(asked);
  const folderRun = await prepareFolderRun(asked, backbone, understood);
  await checkReadable(folderRun, asked);
  const { run, selection, dataSet } = folderRun;
  await recoverFolder(output);
  const identity = identityOf(folderRun, device);
  const folder = await RunFolder.open(output, identity, options.resume ?? false, options.asked);
  onEvent(startEvent(run, device, selection));

  const runtime = await device.createRuntime();
  try {
    const good = await openGoodImages(folderRun, asked, folder, runtime);
    const fitted = await fitDetector({
      ...{ folderRun, good, folder, device, runtime, asked },
      provenance: ({ train, heldOut }) => ({
        dataSet: dataSet.name,
        trainImages: train,
        validationImages: heldOut,
        trainingSeconds: seconds(),
        versions: versions(),
      }),
    }).finally(() => good.features.close());
    const { manifest, files } = fitted.made;
    const evaluation = await evaluateRun(fitted.made, runtime, selection.test, good, asked);
    const html = await reportOfRun({ folderRun, fitted, good, evaluation, runtime, limits, signal });
    await completeBundle(files, manifest, html);
    await writeFolderBundle(output, files);
    await folder.remove();
    onEvent({ type: 'done', bundle: output, seconds: seconds() });
    return manifest;
  } finally {
    await runtime.dispose();
  }
}
