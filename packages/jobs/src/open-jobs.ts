import { ConfigurationError } from '@cflow/spec';
import type { Backend } from './backend.js';
import { Bell } from './bell.js';
import { cancelJob } from './cancel-job.js';
import { Caretaker } from './caretaker.js';
import { createJob } from './create-job.js';
import { dataSetUses, releaseDataSet } from './data-set-use.js';
import type { Database } from './database/database.js';
import { lockFolder } from './database/folder-lock.js';
import { migrate, preparing } from './database/migrate.js';
import { openPglite } from './database/pglite.js';
import { openPostgres } from './database/postgres.js';
import { readEvents } from './job-events.js';
import type { Jobs } from './jobs.js';
import { JobsError } from './jobs-error.js';
import { type JobsLogger, silentLogger } from './logger.js';
import { JobQueue } from './queue.js';
import { jobOfVersion, jobRow, listJobs, readJob } from './read-jobs.js';
import { Worker } from './worker.js';

/** A PostgreSQL that any number of processes share; or one inside this process, in a folder or in memory. */
export type JobsDatabase = { url: string } | { folder: string } | { memory: true };

export interface OpenJobsOptions {
  database: JobsDatabase;
  /** How long a job stays with a worker that is not heard of. Default 30, at least 1. */
  leaseSeconds?: number;
  /** Before the second attempt; doubled for each further one, up to an hour. Default 10. */
  retryDelaySeconds?: number;
  /** Default: nothing is logged. */
  logger?: JobsLogger;
}

const EVENTS_AT_MOST = 1000;

/**
 * The database is started, and its tables are made, by the first call that needs it (a worker needs it at once), so that
 * neither a database that is away nor the seconds that the one inside the process takes to start hold up anything else.
 * Rejects with ConfigurationError, or with StorageError when another process has the folder.
 */
export async function openJobs(options: OpenJobsOptions): Promise<Jobs> {
  const { database: where, leaseSeconds = 30, retryDelaySeconds = 10, logger = silentLogger } = options;
  checkSeconds('leaseSeconds', leaseSeconds, 1);
  checkSeconds('retryDelaySeconds', retryDelaySeconds, 0);
  if ('url' in where && !/^postgres(?:ql)?:\/\//.test(where.url)) {
    throw new ConfigurationError('expected a database URL that begins with postgres:// or postgresql://');
  }
  const lock = 'folder' in where ? await lockFolder(where.folder) : undefined;
  const bell = new Bell();
  const workers = new Set<Worker>();
  let database: Database | undefined;
  let started: Promise<Backend> | undefined;
  let queue: JobQueue | undefined;
  let caretaker: Caretaker | undefined;
  let closed: Promise<void> | undefined;

  async function start(): Promise<Backend> {
    database ??= 'url' in where ? await openPostgres(where.url, logger) : await openPglite(folderOf(where));
    const opened = database;
    // A new one for each try: pg-boss takes a start that failed for one that is under way.
    const fresh = new JobQueue(opened, logger);
    queue = fresh;
    await preparing(opened, async () => {
      await migrate(opened);
      await fresh.start();
    });
    const backend = { database: opened, queue: fresh };
    caretaker = new Caretaker(backend, {
      leaseSeconds,
      retryDelaySeconds,
      workers: () => [...workers].map(({ id }) => id),
      freed: () => bell.ring(),
      logger,
    });
    return backend;
  }

  async function backend(): Promise<Backend> {
    if (closed) throw closedError();
    return running();
  }

  function running(): Promise<Backend> {
    started ??= start().catch((error) => {
      started = undefined;
      throw error;
    });
    return started;
  }

  async function close(): Promise<void> {
    await Promise.all([...workers].map((worker) => worker.stop()));
    await started?.catch(() => {});
    await caretaker?.stop();
    await queue?.stop().catch((error) => logger.warn({ error }, 'pg-boss did not stop'));
    await database?.close();
    await lock?.release();
  }

  return {
    async create(request, createOptions = {}) {
      const made = await createJob(await backend(), request, createOptions);
      if (made.created) bell.ring();
      return made;
    },
    async get(id) {
      return readJob((await backend()).database, id);
    },
    async list(page) {
      return listJobs((await backend()).database, page);
    },
    async cancel(id) {
      const job = await cancelJob(await backend(), id);
      bell.ring();
      return job;
    },
    async events(id, { after, limit }) {
      const sql = (await backend()).database;
      await jobRow(sql, id);
      return readEvents(sql, id, { after, limit: Math.min(limit, EVENTS_AT_MOST) });
    },
    async trained(name, version) {
      return jobOfVersion((await backend()).database, name, version);
    },
    async dataSetUses(paths) {
      return paths.length === 0 ? new Map() : dataSetUses((await backend()).database, paths);
    },
    async releaseDataSet(path, { restSeconds }, remove) {
      return releaseDataSet((await backend()).database, path, restSeconds, remove);
    },
    async work(workOptions) {
      if (closed) throw closedError();
      const { concurrency = 1 } = workOptions;
      if (!Number.isInteger(concurrency) || concurrency < 1) {
        throw new ConfigurationError(
          `expected "concurrency" to be a whole number from 1, got ${concurrency}`,
        );
      }
      // A worker that is being stopped still has to say how its jobs ended, also after close() was called.
      const worker = new Worker(
        { backend: running, leaseSeconds, retryDelaySeconds, bell, logger },
        workOptions,
      );
      workers.add(worker);
      return {
        async stop(stopOptions) {
          await worker.stop(stopOptions);
          workers.delete(worker);
        },
      };
    },
    async ping() {
      await (await backend()).database.query('select 1');
    },
    close() {
      closed ??= close();
      return closed;
    },
  };
}

function folderOf(where: JobsDatabase): string | undefined {
  return 'folder' in where ? where.folder : undefined;
}

function closedError(): JobsError {
  return new JobsError('unavailable', 'the jobs were closed; open them again');
}

function checkSeconds(name: string, seconds: number, least: number): void {
  if (!(Number.isFinite(seconds) && seconds >= least && seconds <= 86_400)) {
    throw new ConfigurationError(`expected "${name}" to be from ${least} to 86400, got ${seconds}`);
  }
}
