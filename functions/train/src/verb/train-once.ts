import { mkdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type BundleManifest, DataSetError, type DataSetReference, type Logger } from '@cflow/spec';
import type { ObjectStore } from '@cflow/store';
import { openObjectStore } from '@cflow/store/node';
import { CheckpointMirror } from '../checkpoint/checkpoint-mirror.js';
import { CheckpointStore } from '../checkpoint/checkpoint-store.js';
import { DEFAULT_DATA_SET_LIMITS } from '../data-set/data-set-limits.js';
import { type FetchUrl, fetchArchive } from '../data-set/fetch-archive.js';
import { unpackZip } from '../data-set/unpack-zip.js';
import type { TrainingTask } from '../training-process/messages.js';
import { runTrainingProcess } from '../training-process/run-training-process.js';
import { openWorkPlace, sweepWorkFolder } from '../work/work-place.js';
import type { Settings } from './settings.js';

/** What to train, apart from where and on what. */
export type TrainingRequest = Omit<TrainingTask, 'source' | 'output' | 'device' | 'threads' | 'resume'>;

export interface TrainOnceOptions {
  /** A folder, a ZIP file, `s3://bucket/key.zip` or an address. */
  data: string;
  request: TrainingRequest;
  settings: Settings;
  fetchUrl: FetchUrl | undefined;
  /** Where checkpoints are kept and looked for; undefined: nowhere. */
  checkpoints: { objects: ObjectStore; prefix: string } | undefined;
  logger: Logger;
  signal: AbortSignal;
  /** What becomes of the bundle, which is gone afterwards. */
  use(bundle: string, manifest: BundleManifest): Promise<void>;
}

/** Trains on one data set, outside the queue, going on from a checkpoint when there is one of the same run. */
export async function trainOnce(options: TrainOnceOptions): Promise<void> {
  const { request, settings, checkpoints, logger, signal } = options;
  await mkdir(settings.workFolder, { recursive: true });
  await sweepWorkFolder(settings.workFolder);
  const place = await openWorkPlace(settings.workFolder);
  const output = join(place.folder, 'bundle');
  const folder = `${output}.training`;
  const store = checkpoints && new CheckpointStore(checkpoints.objects, checkpoints.prefix, 1);
  const uploads = new AbortController();
  const mirror =
    store &&
    new CheckpointMirror(store, {
      folder,
      pauseMs: settings.checkpointPauseMs,
      signal: uploads.signal,
      onError: (error) => logger.warn({ error: String(error) }, 'a checkpoint was not stored'),
    });
  let flush = true;
  try {
    const { source, within } = await dataFolder(place.folder, options);
    const resume = (await store?.download(folder, signal)) ?? false;
    if (resume) logger.info({}, 'going on from a checkpoint');
    const { device, threads } = settings;
    const manifest = await runTrainingProcess(
      {
        ...{ ...request, source, reading: { ...request.reading, within }, output, device, threads, resume },
        limits: settings.imageLimits,
      },
      {
        signal,
        graceMs: GRACE_MS,
        onAnew: (reason) => logger.info({ reason }, 'training starts anew'),
        onLine: (line) => logger.info({}, line),
        onEvent(event) {
          if (event.type === 'checkpoint') mirror?.changed();
          if (event.type === 'unreadable') logger.warn({ ...event }, 'an image was left out');
          else if (!['fetching', 'features', 'comparing', 'progress'].includes(event.type))
            logger.info({ event }, event.type);
        },
      },
    );
    flush = false;
    await options.use(output, manifest);
  } finally {
    const deadline = setTimeout(() => uploads.abort(), GRACE_MS);
    if (flush) await mirror?.flush();
    await mirror?.close();
    clearTimeout(deadline);
    await place.remove();
  }
}

/** Hosts wait 10 seconds and more from SIGTERM to SIGKILL: half for the process, half for its last checkpoint. */
const GRACE_MS = 4000;

async function dataFolder(
  place: string,
  { data, settings, fetchUrl, signal }: TrainOnceOptions,
): Promise<{ source: string; within?: string }> {
  const limits = {
    ...DEFAULT_DATA_SET_LIMITS,
    ...(settings.maxDataSetBytes !== undefined && { archiveBytes: settings.maxDataSetBytes }),
  };
  let archive = data;
  if (/^(s3|https?):\/\//.test(data)) {
    archive = join(place, 'archive.zip');
    const { objects, reference } = remote(data);
    await fetchArchive(reference, archive, { objects, fetchUrl, maxBytes: limits.archiveBytes, signal });
  } else {
    const found = await stat(data).catch(() => undefined);
    if (!found) throw new DataSetError(`there is no data set at "${data}"`, { details: { path: data } });
    if (found.isDirectory()) return { source: data };
  }
  const name = basename(data.split('?', 1)[0] ?? '').replace(/\.zip$/i, '');
  const folder = join(place, 'data', name.replace(/[^a-z0-9_-]+/gi, '-') || 'data-set');
  await mkdir(folder, { recursive: true });
  await unpackZip(archive, folder, limits, signal);
  return { source: folder, within: folder };
}

/** The last part of an `s3://` address is the object, what is before it the store. */
function remote(data: string): { objects: ObjectStore | undefined; reference: DataSetReference } {
  if (!data.startsWith('s3:')) return { objects: undefined, reference: { url: data } };
  const [address = '', query] = data.split('?');
  const slash = address.lastIndexOf('/');
  const store = address.slice(0, slash) + (query === undefined ? '' : `?${query}`);
  return { objects: openObjectStore(store), reference: { path: address.slice(slash + 1) } };
}
