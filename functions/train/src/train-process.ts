// A training run in a process of its own. The task comes as a message; events, and in the end the result or the error,
// go back as messages. It ends with its parent.
import { rm } from 'node:fs/promises';
import { isAbsolute, resolve, sep } from 'node:path';
import { openDataSet } from '@cflow/images/node';
import { type BundleManifest, CflowError, type DataSet, DataSetError, TrainingError } from '@cflow/spec';
import { planTraining, selectImages } from '@cflow/training';
import { checkTraining, trainDetector } from '@cflow/training/node';
import { compareVersions } from './retraining/compare-versions.js';
import { withMarked } from './retraining/with-marked.js';
import { errorMessage } from './training-process/error-message.js';
import type { TrainingMessage, TrainingTask } from './training-process/messages.js';

const controller = new AbortController();

process.on('SIGTERM', () => {
  controller.abort(new CflowError('interrupted', 'the training was stopped', { retryable: true }));
});
// Ctrl-C reaches every process of a terminal; the parent decides what becomes of this one.
process.on('SIGINT', () => undefined);
// Without a parent nobody would take the result. Threads may be busy in native code, so nothing milder ends it at once.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

process.once('message', async (task) => {
  try {
    await send({ type: 'result', manifest: await train(task as TrainingTask) });
  } catch (error) {
    await send({ type: 'error', error: errorMessage(error) });
  }
  process.exit(0);
});
await send({ type: 'ready' });

async function train(task: TrainingTask) {
  const { source, reading, overrides, marked, compare, ...options } = task;
  const { region } = reading;
  const told = {
    ...Object.fromEntries(Object.entries(reading).filter(([, value]) => value !== undefined)),
    ...(region !== undefined && { region: pathWithin(source, region) }),
  };
  const { output, resume, ...asked } = options;
  // Where a run is to go on and cannot, it starts anew.
  await checkTraining({ ...asked, overrides, ...(!resume && { output }) });
  const own = await openDataSet(source, {
    ...told,
    ...(options.limits && { limits: options.limits }),
    seed: options.configuration.seed ?? 0,
    signal: controller.signal,
  });
  const dataSet = marked === undefined ? own : await withMarked(own, marked);
  let steps = 0;
  const run = (resume: boolean) =>
    trainDetector({
      ...options,
      overrides,
      resume,
      dataSet,
      signal: controller.signal,
      onEvent(event) {
        if (event.type === 'progress' || event.type === 'epoch') steps++;
        void send({ type: 'event', event });
      },
    });
  const trained = await once();
  if (compare) await tellComparison(task, compare, dataSet);
  return trained;

  async function once(): Promise<BundleManifest> {
    if (!options.resume) return run(false);
    try {
      return await run(true);
    } catch (error) {
      // Another machine's run may differ in device or threads, and a checkpoint may be damaged: both are told before the
      // first step. What fails later is the training itself.
      if (!TrainingError.isInstance(error) || error.code !== 'training' || steps > 0) throw error;
      await send({ type: 'anew', reason: error.message });
      await rm(`${options.output}.training`, { recursive: true, force: true });
      return run(false);
    }
  }
}

/** The version before and the new one on the same pictures. */
async function tellComparison(
  { output, device, threads, preset, configuration, overrides }: TrainingTask,
  { bundle, version, settings }: NonNullable<TrainingTask['compare']>,
  dataSet: DataSet,
): Promise<void> {
  const { plan, configuration: planned } = planTraining(preset, configuration, overrides);
  const { test, heldOut } = selectImages(dataSet, plan.validationFraction, planned.seed);
  const { signal } = controller;
  const parts = { settings, test, heldOut, device, threads, signal };
  const comparison = await compareVersions({
    ...parts,
    old: { bundle, version },
    new: { bundle: output },
  });
  await send({ type: 'event', event: { type: 'compared', comparison } });
}

/** @throws DataSetError for a path that leads out of the data set */
function pathWithin(folder: string, path: string): string {
  const file = resolve(folder, path);
  if (!isAbsolute(path) && file.startsWith(`${resolve(folder)}${sep}`)) return file;
  throw new DataSetError(`expected the region as a path in the data set, got "${path}"`, {
    details: { path },
  });
}

function send(message: TrainingMessage): Promise<void> {
  return new Promise((resolve) => {
    if (!process.send) resolve();
    else process.send(message, undefined, undefined, () => resolve());
  });
}
