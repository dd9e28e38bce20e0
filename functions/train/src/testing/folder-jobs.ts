// The queue in a folder, a file for each job: what it says outlives the process, and it starts at once. For one worker
// process at a time.
import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { DataSetUse, JobLease, Jobs, JobWorker, WorkOptions } from '@cflow/jobs';
import { CflowError, type Job, type JobEvent, type JobPage, type JobRequest } from '@cflow/spec';

interface Entry {
  job: Job;
  claimed: string | null;
  events: JobEvent[];
}

const POLL_MS = 10;
const now = (): string => new Date().toISOString();

export class FolderJobs implements Jobs {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  async create(request: JobRequest): Promise<{ job: Job; created: boolean }> {
    const job: Job = {
      id: randomUUID(),
      status: 'queued',
      request,
      createdAt: now(),
      startedAt: null,
      finishedAt: null,
      attempt: 0,
      cancelRequested: false,
      progress: { fraction: 0, phase: 'waiting' },
      dataSet: null,
      comparison: null,
      result: null,
      error: null,
    };
    this.#write({ job, claimed: null, events: [] });
    return { job, created: true };
  }

  async get(id: string): Promise<Job> {
    return this.#read(id).job;
  }

  async list({ status, limit }: { status?: Job['status'] | undefined; limit: number }): Promise<JobPage> {
    const jobs = this.#all().filter((job) => status === undefined || job.status === status);
    return { jobs: jobs.slice(0, limit), next: null };
  }

  async cancel(id: string): Promise<Job> {
    return this.#change(id, ({ job }) => {
      job.cancelRequested = true;
      if (job.status === 'queued') Object.assign(job, { status: 'cancelled', finishedAt: now() });
    }).job;
  }

  async events(id: string, { after, limit }: { after: number; limit: number }): Promise<JobEvent[]> {
    return this.#read(id).events.slice(after, after + limit);
  }

  async trained(name: string, version: string): Promise<Job | undefined> {
    return this.#all().find(({ result }) => result?.name === name && result.version === version);
  }

  async dataSetUses(): Promise<ReadonlyMap<string, DataSetUse>> {
    return new Map();
  }

  async releaseDataSet(_path: string, _options: object, remove: () => Promise<void>): Promise<'removed'> {
    await remove();
    return 'removed';
  }

  async ping(): Promise<void> {}
  async close(): Promise<void> {}

  async work({ concurrency = 1, handle }: WorkOptions): Promise<JobWorker> {
    // Left by a process that died: there is only one at a time.
    for (const { id } of this.#all().filter((job) => job.status === 'running')) {
      this.#change(id, ({ job }) => {
        const over = job.attempt >= job.request.maxAttempts;
        Object.assign(job, over ? { status: 'failed', finishedAt: now() } : { status: 'queued' });
      });
    }
    const stopping = new AbortController();
    const running = new Set<Promise<void>>();
    const loop = (async () => {
      while (!stopping.signal.aborted) {
        const next = this.#all().find((job) => job.status === 'queued');
        if (next && running.size < concurrency) {
          const run = this.#attempt(next.id, handle, stopping.signal).finally(() => running.delete(run));
          running.add(run);
        } else await setTimeout(POLL_MS);
      }
    })();
    return {
      stop: async ({ graceMs = 0 } = {}) => {
        const deadline = globalThis.setTimeout(() => stopping.abort(), graceMs);
        if (running.size === 0) stopping.abort();
        await loop;
        await Promise.all(running);
        clearTimeout(deadline);
      },
    };
  }

  async #attempt(id: string, handle: WorkOptions['handle'], stopping: AbortSignal): Promise<void> {
    const entry = this.#change(id, ({ job }) => {
      job.attempt++;
      Object.assign(job, { status: 'running', startedAt: job.startedAt ?? now() });
    });
    const controller = new AbortController();
    const abort = (what: string, retryable: boolean) =>
      controller.abort(new CflowError('interrupted', what, { retryable }));
    const timeout = globalThis.setTimeout(
      () => abort('timeout', true),
      entry.job.request.timeoutSeconds * 1000,
    );
    const watch = setInterval(() => {
      if (this.#read(id).job.cancelRequested) abort('cancelled', false);
      else if (stopping.aborted) abort('given back', true);
    }, POLL_MS);
    const change = (what: (entry: Entry) => void) => this.#change(id, what);
    const lease: JobLease = {
      job: entry.job,
      attempt: entry.job.attempt,
      signal: controller.signal,
      progress: async (progress) => void change(({ job }) => Object.assign(job, { progress })),
      event: async (type, data) =>
        void change(({ job, events }) => {
          events.push({ id: events.length + 1, job: id, at: now(), type, data } as JobEvent);
          if (data.type === 'data-set') Object.assign(job, { dataSet: data.report });
          if (data.type === 'compared') Object.assign(job, { comparison: data.comparison });
        }),
      claimVersion: async (version) => {
        controller.signal.throwIfAborted();
        const { claimed } = change((found) => {
          found.claimed ??= version;
        });
        return claimed as string;
      },
      claimedVersion: entry.claimed ?? undefined,
    };
    let end: Partial<Job>;
    try {
      end = { status: 'succeeded', result: await handle(lease), progress: { fraction: 1, phase: 'done' } };
    } catch (error) {
      const { code = 'internal', message, retryable = false } = error as CflowError;
      const again = retryable && entry.job.attempt < entry.job.request.maxAttempts;
      const { cancelRequested } = this.#read(id).job;
      if (cancelRequested) end = { status: 'cancelled' };
      else if (again) end = { status: 'queued' };
      else end = { status: 'failed', error: { code: code as 'internal', message } };
    }
    clearTimeout(timeout);
    clearInterval(watch);
    change(({ job }) => Object.assign(job, end, end.status === 'queued' ? {} : { finishedAt: now() }));
  }

  #all(): Job[] {
    const names = readdirSync(this.#folder).filter((name) => name.endsWith('.json'));
    const jobs = names.map((name) => this.#read(name.slice(0, -5)).job);
    return jobs.sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
  }

  #read(id: string): Entry {
    return JSON.parse(readFileSync(join(this.#folder, `${id}.json`), 'utf8')) as Entry;
  }

  #write(entry: Entry): void {
    const path = join(this.#folder, entry.job.id);
    const partial = `${path}.${process.pid}`;
    writeFileSync(partial, JSON.stringify(entry));
    renameSync(partial, `${path}.json`);
  }

  #change(id: string, what: (entry: Entry) => unknown): Entry {
    const entry = this.#read(id);
    what(entry);
    this.#write(entry);
    return entry;
  }
}
