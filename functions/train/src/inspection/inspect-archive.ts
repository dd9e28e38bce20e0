import { type ChildProcess, fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { CflowError, type DataSetReport, StorageError } from '@cflow/spec';
import type { ObjectStore } from '@cflow/store';
import { DEFAULT_DATA_SET_LIMITS } from '../data-set/data-set-limits.js';
import { dataSetName } from '../data-set/data-set-name.js';
import { fetchArchive } from '../data-set/fetch-archive.js';
import { receivedError } from '../training-process/error-message.js';
import { openWorkPlace } from '../work/work-place.js';
import type { InspectionMessage, InspectionTask } from './messages.js';

export interface InspectArchiveOptions {
  objects: ObjectStore;
  /** A folder of this machine, with room for the data set. */
  workFolder: string;
  signal: AbortSignal;
}

/**
 * What is understood of an uploaded data set, as a training would read it. In a process of its own, so that the caller's goes
 * on meanwhile, whatever is in the archive. Nothing of it is left.
 *
 * @param path as an upload gives it
 * @throws DataSetError, StorageError; the signal's reason
 */
export async function inspectArchive(
  path: string,
  { objects, workFolder, signal }: InspectArchiveOptions,
): Promise<DataSetReport> {
  const place = await openWorkPlace(workFolder);
  try {
    const archive = join(place.folder, 'archive.zip');
    const maxBytes = DEFAULT_DATA_SET_LIMITS.archiveBytes;
    await fetchArchive({ path }, archive, { objects, fetchUrl: undefined, maxBytes, signal });
    // The data set is called like the archive.
    const folder = join(place.folder, 'data', dataSetName({ path }));
    return await inspectInProcess({ archive, folder }, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!CflowError.isInstance(error)) throw error;
    const { code, details, retryable } = error;
    throw new CflowError(code, place.withoutPath(error.message), { details, retryable });
  } finally {
    await place.remove();
  }
}

async function inspectInProcess(task: InspectionTask, signal: AbortSignal): Promise<DataSetReport> {
  signal.throwIfAborted();
  const entry = createRequire(import.meta.url).resolve('@cflow/train-worker/inspect-process');
  const child = fork(entry, [], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], execArgv: [] });
  const stop = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', stop, { once: true });
  try {
    const outcome = await outcomeOf(child, task);
    if (outcome.type === 'report') return outcome.report;
    throw receivedError(outcome.error, 'looking at the data set');
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
}

type Outcome = Exclude<InspectionMessage, { type: 'ready' }>;

function outcomeOf(child: ChildProcess, task: InspectionTask): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('message', (message: InspectionMessage) => {
      if (message.type === 'ready') child.send(task);
      else resolve(message);
    });
    child.on('close', (code, killedBy) =>
      reject(
        new StorageError(
          'store',
          `the process that looked at the data set ended (${killedBy ?? `exit code ${code}`}); try again`,
          { retryable: true },
        ),
      ),
    );
  });
}
