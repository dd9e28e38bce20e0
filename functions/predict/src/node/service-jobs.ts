import { existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { GuardedFetch } from '@cflow/guarded-fetch';
import type { Jobs } from '@cflow/jobs';
import type { DataSetReport, Logger } from '@cflow/spec';
import type { ObjectStore, Registry } from '@cflow/store';
import { HeldElsewhere, heldElsewhere } from './held-elsewhere.js';
import { lazyJobs } from './lazy-jobs.js';
import type { ServiceEnvironment } from './service-configuration.js';

/** What a training worker in the service's process is made of. */
export interface WorkerParts {
  jobs: Jobs;
  registry: Registry;
  objects: ObjectStore;
  urls: GuardedFetch | undefined;
  workFolder: string;
  environment: ServiceEnvironment;
  logger: Logger;
}

export interface RunningWorker {
  stop(options: { graceMs: number }): Promise<void>;
}

/** Looks at an uploaded data set, as a training would read it. */
export type InspectDataSet = (
  path: string,
  parts: Pick<WorkerParts, 'objects' | 'workFolder'> & { signal: AbortSignal },
) => Promise<DataSetReport>;

export type StartWorker = (parts: WorkerParts) => Promise<RunningWorker>;

export interface ServiceJobsOptions extends Omit<WorkerParts, 'jobs' | 'workFolder'> {
  /** Folder for the embedded database and the runs; undefined: a temporary one. */
  state: string | undefined;
  startWorker: StartWorker | undefined;
  inspectDataSet: InspectDataSet | undefined;
}

export interface ServiceJobs {
  jobs: Jobs;
  /** Whether this process works on them itself. */
  here: boolean;
  /** Where work is done on this machine. Rejects with the signal's reason, DataSetError and StorageError. */
  inspectDataSet: ((path: string, signal: AbortSignal) => Promise<DataSetReport>) | undefined;
  /** Goes on with jobs of an earlier life of the service, if there can be any. */
  resume(): Promise<void>;
  stop(graceMs: number): Promise<void>;
}

const TAKE_OVER_MS = 3000;

/** The jobs of a service, whose database and worker start with the first that is asked about a job. */
export function serviceJobs(options: ServiceJobsOptions): ServiceJobs {
  const { environment, logger, startWorker, inspectDataSet, objects } = options;
  const database = environment.DATABASE_URL;
  const here = (environment.CFLOW_TRAIN ?? (database === undefined ? 'here' : 'elsewhere')) === 'here';
  let worker: Promise<RunningWorker> | undefined;
  const stopping = new AbortController();
  let stopped = false;
  let opening = false;
  let state: Promise<string> | undefined;
  const stateFolder = (): Promise<string> =>
    (state ??=
      options.state === undefined ? mkdtemp(join(tmpdir(), 'cflow-state-')) : Promise.resolve(options.state));
  const workFolder = async (): Promise<string> =>
    environment.CFLOW_WORK_FOLDER ?? join(await stateFolder(), 'runs');
  const jobs = lazyJobs(async () => {
    opening = true;
    const { openJobs } = await import('@cflow/jobs');
    const opened = await openJobs({
      database: database === undefined ? { folder: join(await stateFolder(), 'jobs') } : { url: database },
      logger,
    }).catch((error: unknown) => {
      throw heldElsewhere(error) ?? error;
    });
    if (here && startWorker && !stopped) {
      worker = startWorker({
        ...options,
        jobs: opened,
        workFolder: await workFolder(),
      });
      worker.catch((error: unknown) => logger.error({ error: String(error) }, 'no training worker'));
    }
    return opened;
  });
  /** Whether there can be jobs: where no database has been made, none was ever accepted. */
  const earlier = (): boolean =>
    database !== undefined || (options.state !== undefined && existsSync(join(options.state, 'jobs')));
  /** Until the other process has gone: its unfinished jobs have to be continued. */
  const takeOver = async (): Promise<void> => {
    while (!stopped) {
      await setTimeout(TAKE_OVER_MS, undefined, { signal: stopping.signal, ref: false }).catch(() => {});
      if (stopped) return;
      const error = await jobs.ping().then(
        () => undefined,
        (reason: unknown) => reason,
      );
      if (error === undefined) logger.info({}, 'the other process has gone; the jobs are with this one now');
      if (!(error instanceof HeldElsewhere)) return;
    }
  };
  return {
    here,
    inspectDataSet:
      here && inspectDataSet
        ? async (path, signal) => {
            // Somebody who looks at a data set is about to train on it, and should not have to wait for the database then.
            if (!stopped) jobs.ping().catch(() => {});
            return inspectDataSet(path, { objects, workFolder: await workFolder(), signal });
          }
        : undefined,
    jobs: {
      ...jobs,
      // The page asks for the list, and should not start a database for the answer that there is nothing in it.
      list: async (page) => (opening || earlier() ? jobs.list(page) : { jobs: [], next: null }),
      trained: async (name, version) => (opening || earlier() ? jobs.trained(name, version) : undefined),
      dataSetUses: async (paths) => (opening || earlier() ? jobs.dataSetUses(paths) : new Map()),
    },
    resume: async () => {
      if (stopped || !here || !earlier()) return;
      const held = await jobs.ping().then(
        () => false,
        (error: unknown) => {
          logger.warn({ error: String(error) }, 'no job database yet');
          return error instanceof HeldElsewhere;
        },
      );
      if (held) void takeOver();
    },
    stop: async (graceMs) => {
      stopped = true;
      stopping.abort();
      const running = await worker?.catch(() => undefined);
      await running?.stop({ graceMs });
    },
  };
}
