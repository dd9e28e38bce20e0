// A training run in a process of its own. The task comes as a message; events, and in the end the result or the error,
// go back as messages. It ends with its parent.
import { rm } from 'node:fs/promises';
import { isAbsolute, resolve, sep } from 'node:path';
import { openDataSet } from '@cflow/images/node';
import { CflowError, DataSetError, TrainingError } from '@cflow/spec';
import { trainDetector } from '@cflow/training/node';
import type { ErrorMessage, TrainingMessage, TrainingTask } from './training-process/messages.js';

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

async function train({ source, reading, overrides, region, ...options }: TrainingTask) {
  const told = Object.fromEntries(Object.entries(reading).filter(([, value]) => value !== undefined));
  const dataSet = await openDataSet(source, { ...told, seed: options.configuration.seed ?? 0 });
  const mask = region === undefined ? undefined : fileWithin(source, region);
  let steps = 0;
  const run = (resume: boolean) =>
    trainDetector({
      ...options,
      overrides,
      region: mask,
      resume,
      dataSet,
      signal: controller.signal,
      onEvent(event) {
        if (event.type === 'progress' || event.type === 'epoch') steps++;
        void send({ type: 'event', event });
      },
    });
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

/** @throws DataSetError for a path that leads out of the data set */
function fileWithin(folder: string, path: string): string {
  const file = resolve(folder, path);
  if (!isAbsolute(path) && file.startsWith(`${resolve(folder)}${sep}`)) return file;
  throw new DataSetError(`expected the region as a path in the data set, got "${path}"`, {
    details: { path },
  });
}

function errorMessage(error: unknown): ErrorMessage {
  if (CflowError.isInstance(error)) {
    const { code, message, retryable, details } = error;
    return { code, message, retryable, details };
  }
  // Not raised on purpose: out of memory, or a defect. Another attempt may show which.
  const message = error instanceof Error ? error.message : String(error);
  return { code: undefined, message, retryable: true, details: {} };
}

function send(message: TrainingMessage): Promise<void> {
  return new Promise((resolve) => {
    if (!process.send) resolve();
    else process.send(message, undefined, undefined, () => resolve());
  });
}
