// The verb `train` of the container, under whichever host's contract it was started.
import { constants } from 'node:os';
import { folderBundle } from '@cflow/detector/node';
import { CflowError, ConfigurationError, detectorNameSchema, type Logger } from '@cflow/spec';
import { ObjectRegistry } from '@cflow/store';
import { folderObjectStore, openObjectStore, standardOutput } from '@cflow/store/node';
import { pino } from 'pino';
import { removeCheckpoint } from '../checkpoint/checkpoint-store.js';
import { taskSettings } from '../training-process/task-settings.js';
import { retrying } from '../work/retrying.js';
import { fetchUrlOf, runQueue } from './run-queue.js';
import {
  copyBundle,
  isFolder,
  readHyperparameters,
  sageMakerFolders,
  trainingChannel,
  writeFailure,
} from './sagemaker.js';
import { readSettings, type Settings } from './settings.js';
import { trainOnce } from './train-once.js';

/** For the last entries of the log, where somebody takes them. */
const LOG_FLUSH_MS = 1000;
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
/** After the time to drain, for the last checkpoint and the database. What hangs is not waited for any longer. */
const OVERTIME_MS = 5000;

/**
 * Trains as SageMaker asks for it, when it has started this container; on one data set, when `CFLOW_DATA` or `--data`
 * names it; else on the queue. The first SIGTERM or SIGINT saves what can be saved and ends it.
 *
 * @param argv what follows the verb
 * @returns the exit code: 0 done, 1 an error, 2 settings that cannot work, 128 and the signal's number when stopped
 * before it was done
 */
export async function runTrainVerb(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  let logger: Logger;
  // What becomes of the log must not stop a training run.
  const output = standardOutput(1, {
    onDropped: (lines) =>
      logger.error({ dropped: lines }, 'entries of the log were dropped: nobody read them in time'),
  });
  logger = pino(output);
  const controller = new AbortController();
  let drainMs = 4000;
  let late: NodeJS.Timeout | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    late ??= setTimeout(() => endBySignal(signal), drainMs + OVERTIME_MS);
    controller.abort(
      new CflowError('interrupted', `stopped by ${signal}`, { retryable: true, details: { signal } }),
    );
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    const settings = readSettings(argv, env);
    drainMs = settings.drainMs;
    logger = pino({ level: settings.logLevel }, output);
    await run(settings, logger, controller.signal);
    return 0;
  } catch (error) {
    const code = exitCodeOf(error);
    logger.error({ code: (error as { code?: unknown }).code }, messageOf(error));
    return code;
  } finally {
    clearTimeout(late);
    for (const signal of SIGNALS) process.off(signal, onSignal);
    await output.close(LOG_FLUSH_MS);
  }
}

/** As the signal does by default, which a parent sees as 128 plus its number; the first process of a container crashes. */
function endBySignal(signal: NodeJS.Signals): never {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  process.abort();
}

async function run(settings: Settings, logger: Logger, signal: AbortSignal): Promise<void> {
  const folders = await sageMakerFolders(settings.sageMakerRoot);
  if (!folders)
    return settings.data === undefined
      ? runQueue(settings, logger, signal)
      : runData(settings, logger, signal);
  try {
    const checkpoints = (await isFolder(folders.checkpoints))
      ? { objects: folderObjectStore(folders.checkpoints), prefix: 'checkpoint' }
      : undefined;
    await trainOnce({
      data: await trainingChannel(folders.data),
      request: await readHyperparameters(folders.hyperparameters),
      settings,
      fetchUrl: undefined,
      checkpoints,
      logger,
      signal,
      use: (bundle) => copyBundle(bundle, folders.model),
    });
    if (checkpoints) await removeCheckpoint(checkpoints.objects, checkpoints.prefix);
  } catch (error) {
    if (!signal.aborted) await writeFailure(folders.failure, messageOf(error));
    throw error;
  }
}

async function runData(settings: Settings, logger: Logger, signal: AbortSignal): Promise<void> {
  const { data, name, store, alias, task, training } = settings;
  const missing = [
    ...(name === undefined ? ['CFLOW_NAME: expected the name of the detector'] : []),
    ...(store === undefined ? ['CFLOW_STORE: expected a folder or s3://bucket/prefix'] : []),
  ];
  if (data === undefined || name === undefined || store === undefined) {
    throw new ConfigurationError(`one data set cannot be trained on yet: ${missing.join('; ')}`, {
      details: { problems: missing },
    });
  }
  if (task && task.index > 0) {
    logger.info({ task }, 'one data set needs one task: nothing to do for this one');
    return;
  }
  const objects = openObjectStore(store);
  const registry = new ObjectRegistry(objects);
  const checkpoints = { objects, prefix: `runs/${detectorNameSchema.parse(name)}/checkpoint` };
  await trainOnce({
    data,
    request: { name, ...taskSettings(training) },
    settings,
    fetchUrl: fetchUrlOf(settings),
    checkpoints,
    logger,
    signal,
    async use(bundle) {
      const version = await retrying(() => registry.stage(name, folderBundle(bundle)), { signal });
      await retrying(() => registry.publish(name, version, { alias }), { signal });
      logger.info({ name, version, alias }, 'published');
    },
  });
  await removeCheckpoint(objects, checkpoints.prefix);
}

function exitCodeOf(error: unknown): number {
  if (!CflowError.isInstance(error)) return 1;
  if (error.code === 'configuration') return 2;
  const { signal } = error.details as { signal?: NodeJS.Signals };
  return error.code === 'interrupted' && signal !== undefined ? 128 + constants.signals[signal] : 1;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
