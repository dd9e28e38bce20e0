// One attempt at a job: fetch, train, publish. Each step can be repeated by another attempt, wherever this one ends:
//  - until a version is claimed, the next attempt trains on from the checkpoint, and nothing is visible;
//  - `stage` comes before `claimVersion`, so that a claimed version can always be published, by anybody;
//  - `claimVersion` gives all attempts the same version, and only that one is published;
//  - `publish` changes nothing the second time.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { folderBundle } from '@cflow/detector/node';
import type { JobLease, JobOutcome } from '@cflow/jobs';
import { CflowError, type DataSetReference, type Job, StorageError } from '@cflow/spec';
import { checkJobRequest } from '../check-job-request.js';
import { CheckpointMirror } from '../checkpoint/checkpoint-mirror.js';
import { CheckpointStore } from '../checkpoint/checkpoint-store.js';
import { DEFAULT_DATA_SET_LIMITS } from '../data-set/data-set-limits.js';
import { dataSetName } from '../data-set/data-set-name.js';
import { fetchArchive } from '../data-set/fetch-archive.js';
import { unpackZip } from '../data-set/unpack-zip.js';
import { collectMarked } from '../retraining/collect-marked.js';
import { copyBundle } from '../retraining/copy-bundle.js';
import type { TrainingTask } from '../training-process/messages.js';
import { runTrainingProcess } from '../training-process/run-training-process.js';
import { taskSettings } from '../training-process/task-settings.js';
import { checkpointPrefix } from './job-keys.js';
import { JobReporter } from './job-reporter.js';
import { removeFolder } from './remove-folder.js';
import { retrying } from './retrying.js';
import { openWorkPlace, type WorkPlace } from './work-place.js';
import type { TrainWorkerParts } from './worker-parts.js';

/** Rejects with the signal's reason when it has aborted; otherwise with an error without paths of this machine. */
export async function handleJob(lease: JobLease, parts: TrainWorkerParts): Promise<JobOutcome> {
  const { signal, claimedVersion } = lease;
  if (claimedVersion !== undefined) return publish(lease, claimedVersion, parts);
  const { request } = lease.job;
  checkJobRequest(request);
  const place = await openWorkPlace(parts.workFolder);
  const reporter = new JobReporter(lease, { logger: parts.logger, withoutPath: place.withoutPath });
  const again = <T>(work: () => Promise<T>) =>
    retrying(work, { signal, onRetry: (error) => reporter.log('warn', `trying again: ${error.message}`) });
  try {
    reporter.phase('fetching');
    const source = await again(() => fetchDataSet(request.dataSet, place, parts, signal));
    const output = join(place.folder, 'bundle');
    const retraining =
      request.retrain && (await again(() => prepareRetraining(lease, place, parts, reporter)));
    await train(lease, { source, output, parts, reporter, again, retraining });
    reporter.phase('publishing');
    const version = await again(() => parts.registry.stage(request.name, folderBundle(output)));
    const counted = await again(() => lease.claimVersion(version));
    if (counted !== version)
      reporter.log('info', 'an earlier attempt has fixed the version; that one is published');
    await reporter.close();
    return await publish(lease, counted, parts);
  } catch (error) {
    signal.throwIfAborted();
    throw withoutPath(error, place);
  } finally {
    await reporter.close();
    await place.remove();
  }
}

async function fetchDataSet(
  reference: DataSetReference,
  { folder }: WorkPlace,
  { objects, fetchUrl, limits }: TrainWorkerParts,
  signal: AbortSignal,
): Promise<string> {
  const allowed = { ...DEFAULT_DATA_SET_LIMITS, ...limits };
  const archive = join(folder, 'archive.zip');
  await fetchArchive(reference, archive, { objects, fetchUrl, maxBytes: allowed.archiveBytes, signal });
  const unpacked = join(folder, 'data', dataSetName(reference));
  // What an attempt before this one left when the disk was full.
  await removeFolder(unpacked);
  await mkdir(unpacked, { recursive: true });
  await unpackZip(archive, unpacked, allowed, signal);
  return unpacked;
}

/** Brings in what people marked, and the version that is to be better. */
async function prepareRetraining(
  { job: { request }, signal }: JobLease,
  { folder }: WorkPlace,
  { registry }: TrainWorkerParts,
  reporter: JobReporter,
): Promise<Pick<TrainingTask, 'marked' | 'compare'>> {
  const { name, retrain } = request;
  const { version } = retrain as NonNullable<typeof retrain>;
  const marked = join(folder, 'marked');
  await removeFolder(marked);
  const images = await collectMarked(registry, name, marked, {
    signal,
    onLeftOut: (reason) => reporter.log('warn', reason),
  });
  reporter.log('info', `${images} marked images take part`);
  const bundle = join(folder, 'before');
  await copyBundle(registry.bundle(name, version), bundle, signal);
  const settings = await registry.settings(name);
  return { ...(images > 0 && { marked }), compare: { bundle, version, settings } };
}

interface TrainOptions {
  source: string;
  output: string;
  parts: TrainWorkerParts;
  reporter: JobReporter;
  again: <T>(work: () => Promise<T>) => Promise<T>;
  /** Of a retraining. */
  retraining: Pick<TrainingTask, 'marked' | 'compare'> | undefined;
}

async function train(
  lease: JobLease,
  { source, output, parts, reporter, again, retraining }: TrainOptions,
): Promise<void> {
  const { job, attempt, signal } = lease;
  const { device, threads, graceMs = 4000, checkpointPauseMs = 30_000 } = parts;
  const folder = `${output}.training`;
  const store = new CheckpointStore(parts.objects, checkpointPrefix(job.id), attempt);
  const resume = await again(() => store.download(folder, signal));
  if (attempt > 1)
    reporter.log('info', resume ? 'going on from a checkpoint' : 'no checkpoint to continue from');
  // Not the lease's: what was reached when it ends is what the next attempt continues from.
  const uploads = new AbortController();
  const mirror = new CheckpointMirror(store, {
    folder,
    pauseMs: checkpointPauseMs,
    signal: uploads.signal,
    onError: (error) => {
      if (!uploads.signal.aborted)
        reporter.log('warn', `a checkpoint was not stored: ${(error as Error).message}`);
    },
  });
  // A run that is done has nothing to continue from.
  let flush = false;
  try {
    await runTrainingProcess(
      {
        ...taskOf(job, { source, output, device, threads, resume }),
        featureBytes: parts.featureBytes,
        limits: parts.imageLimits,
        ...retraining,
      },
      {
        signal,
        graceMs,
        onStart: parts.onTrainingProcess,
        onAnew: (reason) => reporter.log('info', `training starts anew: ${reason}`),
        onLine: (line) => reporter.log('info', line),
        onEvent: (event) => {
          reporter.training(event);
          if (event.type === 'checkpoint') mirror.changed();
        },
      },
    );
  } catch (error) {
    flush = true;
    throw error;
  } finally {
    const deadline = setTimeout(() => uploads.abort(), graceMs);
    if (flush) await mirror.flush();
    await mirror.close();
    clearTimeout(deadline);
  }
}

function taskOf(
  { request }: Job,
  place: {
    source: string;
    output: string;
    device: TrainWorkerParts['device'];
    threads: number;
    resume: boolean;
  },
) {
  const settings = taskSettings(request);
  return {
    ...place,
    ...settings,
    reading: { ...settings.reading, within: place.source },
    name: request.name,
  };
}

async function publish(
  { job, signal }: JobLease,
  version: string,
  { registry }: TrainWorkerParts,
): Promise<JobOutcome> {
  const { name, alias } = job.request;
  try {
    await retrying(() => registry.publish(name, version, { alias }), { signal });
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'not-found') throw error;
    throw new StorageError(
      'store',
      `version ${version.slice(0, 12)}, which an earlier attempt has trained, is gone from the store; start the job again`,
      { cause: error, details: { name, version } },
    );
  }
  const { manifest } = await retrying(() => registry.version(name, version), { signal });
  return { name, version, metrics: manifest.metrics };
}

function withoutPath(error: unknown, place: WorkPlace): unknown {
  if (!CflowError.isInstance(error)) return error;
  const { code, message, retryable, details } = error;
  const clean = JSON.parse(place.withoutPath(JSON.stringify(details))) as Record<string, unknown>;
  return new CflowError(code, place.withoutPath(message), { retryable, details: clean, cause: error });
}
