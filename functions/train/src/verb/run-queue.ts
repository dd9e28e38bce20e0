import { setTimeout } from 'node:timers/promises';
import { createGuardedFetch } from '@cflow/guarded-fetch';
import { openJobs } from '@cflow/jobs';
import { ConfigurationError, type Logger } from '@cflow/spec';
import { ObjectRegistry } from '@cflow/store';
import { openObjectStore } from '@cflow/store/node';
import type { FetchUrl } from '../data-set/fetch-archive.js';
import { startTrainWorker } from '../work/start-train-worker.js';
import type { Settings } from './settings.js';

/** Between two looks at whether the queue is empty. */
const LOOK_MS = 1000;
/** Data sets are large. */
const FETCH_TIMEOUT_MS = 6 * 3_600_000;

/**
 * Works on the queue until the signal aborts, or until it is empty when the settings say so; then gives back what is
 * under way.
 */
export async function runQueue(settings: Settings, logger: Logger, signal: AbortSignal): Promise<void> {
  const { databaseUrl, store } = settings;
  const missing = [
    ...(databaseUrl === undefined ? ['DATABASE_URL: expected postgres://...'] : []),
    ...(store === undefined ? ['CFLOW_STORE: expected a folder or s3://bucket/prefix'] : []),
  ];
  if (databaseUrl === undefined || store === undefined) {
    throw new ConfigurationError(
      `nothing to work on: ${missing.join('; ')}. To train on one data set instead, set CFLOW_DATA and CFLOW_NAME`,
      { details: { problems: missing } },
    );
  }
  const objects = openObjectStore(store);
  const jobs = await openJobs({ database: { url: databaseUrl }, logger });
  try {
    const worker = await startTrainWorker({
      jobs,
      objects,
      registry: new ObjectRegistry(objects),
      fetchUrl: fetchUrlOf(settings),
      post: webhookFetch(settings).post,
      webhookSecret: settings.webhookSecret,
      workFolder: settings.workFolder,
      device: settings.device,
      threads: settings.threads,
      concurrency: settings.concurrency,
      checkpointPauseMs: settings.checkpointPauseMs,
      ...(settings.maxDataSetBytes !== undefined && { limits: { archiveBytes: settings.maxDataSetBytes } }),
      imageLimits: settings.imageLimits,
      logger,
    });
    const { device, threads, concurrency, task, untilEmpty } = settings;
    logger.info({ store: objects.name, device, threads, concurrency, task, untilEmpty }, 'worker begun');
    try {
      while (!signal.aborted) {
        await setTimeout(LOOK_MS, undefined, { signal }).catch(() => undefined);
        if (!untilEmpty || worker.active > 0) continue;
        const { jobs: queued } = await jobs.list({ status: 'queued', limit: 1 });
        if (queued.length === 0 && worker.active === 0) break;
      }
    } finally {
      await worker.stop({ graceMs: settings.drainMs });
      logger.info({}, 'worker ended');
    }
  } finally {
    await jobs.close();
  }
}

/** Undefined when no host is allowed. */
export function fetchUrlOf({ fetchHosts, privateNetworks }: Settings): FetchUrl | undefined {
  if (fetchHosts.length === 0) return undefined;
  const guarded = createGuardedFetch({ allow: fetchHosts, allowPrivate: privateNetworks });
  return async (url, options) => {
    const { body } = await guarded.fetchToStream(url, { ...options, timeoutMs: FETCH_TIMEOUT_MS });
    return body;
  };
}

function webhookFetch({ webhookHosts, privateNetworks }: Settings): ReturnType<typeof createGuardedFetch> {
  return createGuardedFetch({ allow: webhookHosts, allowPrivate: privateNetworks });
}
