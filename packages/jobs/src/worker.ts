import { randomUUID } from 'node:crypto';
import { AttemptLease } from './attempt-lease.js';
import { endAttempt, type HeldJob, heldJobs, takeJob } from './attempts.js';
import type { Backend } from './backend.js';
import type { Bell } from './bell.js';
import { endingOf, settlement } from './ending-of.js';
import type { JobRow } from './job-row.js';
import type { JobWorker, WorkOptions } from './jobs.js';
import { isUnavailable } from './jobs-error.js';
import type { JobsLogger } from './logger.js';
import type { Ending } from './next-state.js';
import { untilAvailable } from './until-available.js';

/** How often a worker with a free place looks for a job, and one with jobs whether they are still its own. */
const LOOK_MS = 1_000;
/** What a handler may take to stop when its signal aborts: after a cancellation or a timeout, and when the worker stops. */
const SETTLE_MS = 60_000;
const STOP_SETTLE_MS = 5_000;
/** What a worker that stops waits for a database that is away; then the leases are left to run out. */
const GIVE_UP_MS = 5_000;

export interface WorkerParts {
  /** Starts the database when it has not been started, and rejects when it cannot be. */
  backend(): Promise<Backend>;
  leaseSeconds: number;
  retryDelaySeconds: number;
  /** Rings when there may be something to do. */
  bell: Bell;
  logger: JobsLogger;
}

interface Held {
  lease: AttemptLease;
  /** The handler has settled and the attempt is being ended. */
  ending: boolean;
  /** When the end is written, or left to others. */
  ended: Promise<void>;
}

/** Takes jobs, renews their leases and ends them as their handlers do. */
export class Worker implements JobWorker {
  readonly id: string = randomUUID();
  readonly #parts: WorkerParts;
  readonly #options: WorkOptions;
  readonly #held = new Map<string, Held>();
  readonly #giveUp = new AbortController();
  readonly #takes: Promise<void>;
  readonly #watch: Promise<void>;
  #busy = 0;
  #takeCount = 0;
  #taking = false;
  #stray = false;
  #stopping = false;
  #stopped: Promise<void> | undefined;

  constructor(parts: WorkerParts, options: WorkOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#takes = this.#takeJobs();
    this.#watch = this.#watchJobs();
  }

  stop(options: { graceMs?: number } = {}): Promise<void> {
    this.#stopped ??= this.#stop(options.graceMs ?? 0);
    return this.#stopped;
  }

  async #stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    this.#parts.bell.ring();
    await this.#takes;
    await this.#allEnded(graceMs);
    for (const { lease } of this.#held.values()) lease.interrupt('stopped');
    await this.#allEnded(STOP_SETTLE_MS + GIVE_UP_MS);
    this.#giveUp.abort();
    await this.#allEnded(GIVE_UP_MS);
    this.#parts.bell.ring();
    await this.#watch;
  }

  /** Whether all have ended within that time. */
  async #allEnded(milliseconds: number): Promise<void> {
    const all = Promise.all([...this.#held.values()].map(({ ended }) => ended));
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([
      all,
      new Promise<void>((resolve) => {
        timer = setTimeout(resolve, milliseconds);
      }),
    ]);
    clearTimeout(timer);
  }

  async #takeJobs(): Promise<void> {
    const { concurrency = 1 } = this.#options;
    while (!this.#stopping) {
      if (this.#busy < concurrency && (await this.#take())) continue;
      if (!this.#stopping) await this.#parts.bell.wait(LOOK_MS);
    }
  }

  /** False when there is nothing to take. */
  async #take(): Promise<boolean> {
    const { leaseSeconds, logger } = this.#parts;
    this.#taking = true;
    try {
      const backend = await this.#parts.backend();
      if (this.#stopping) return false;
      const since = performance.now();
      const row = await takeJob(backend, this.id, leaseSeconds);
      if (typeof row === 'string') return row === 'stale';
      this.#begin(backend, row, since + leaseSeconds * 1000);
      return true;
    } catch (error) {
      // It may have been taken all the same: the answer to "commit" can get lost.
      this.#stray = true;
      if (isUnavailable(error)) logger.warn({ error }, 'the database of jobs does not answer; trying again');
      else logger.error({ error }, 'no job could be taken');
      return false;
    } finally {
      this.#taking = false;
      this.#takeCount++;
    }
  }

  #begin(backend: Backend, row: JobRow, validUntil: number): void {
    const lease = new AttemptLease(backend.database, row, validUntil);
    const held: Held = { lease, ending: false, ended: Promise.resolve() };
    const key = keyOf(lease.fence);
    this.#held.set(key, held);
    this.#busy++;
    const handled = (async () => this.#options.handle(lease))();
    const free = (): void => {
      this.#busy--;
      this.#parts.bell.ring();
    };
    held.ended = this.#run(backend, held, handled).finally(() => {
      lease.dispose();
      this.#held.delete(key);
      // A handler that did not stop keeps its place: it still uses what the place stands for.
      handled.then(free, free);
    });
  }

  async #run(backend: Backend, held: Held, handled: ReturnType<WorkOptions['handle']>): Promise<void> {
    const { lease } = held;
    const { logger, retryDelaySeconds } = this.#parts;
    const seconds = lease.job.request.timeoutSeconds;
    const timeout = setTimeout(() => lease.interrupt('timeout'), seconds * 1000);
    const settled = await settlement(handled, lease.signal, () =>
      lease.interruption === 'stopped' ? STOP_SETTLE_MS : SETTLE_MS,
    );
    clearTimeout(timeout);
    if (settled.type === 'unsettled') logger.error(this.#about(lease), 'a handler does not stop');
    if (settled.type === 'rejected') {
      logger.warn({ ...this.#about(lease), error: settled.error }, 'a handler ended with an error');
    }
    const ending = endingOf(settled, lease);
    held.ending = true;
    await lease.flushProgress().catch(() => {});
    await this.#end(backend, lease, ending, retryDelaySeconds);
  }

  async #end(
    backend: Backend,
    lease: AttemptLease,
    ending: Ending,
    retryDelaySeconds: number,
  ): Promise<void> {
    const { logger } = this.#parts;
    try {
      const ended = await untilAvailable(
        () => endAttempt(backend, lease.fence, ending, retryDelaySeconds),
        this.#giveUp.signal,
      );
      if (!ended) logger.warn(this.#about(lease), 'an attempt had ended before its worker said so');
    } catch (error) {
      logger.error({ ...this.#about(lease), error }, 'the end of an attempt could not be stored');
    }
  }

  /** Until all has ended after a stop: renews leases, hears of cancellations, finds jobs that are nobody's. */
  async #watchJobs(): Promise<void> {
    const { leaseSeconds, bell, logger } = this.#parts;
    const lookMs = Math.min(LOOK_MS, (leaseSeconds * 1000) / 6);
    const renewMs = (leaseSeconds * 1000) / 3;
    let renewed = performance.now();
    while (!this.#stopping || this.#held.size > 0) {
      await bell.wait(lookMs);
      if (this.#held.size === 0 && !this.#stray) {
        renewed = performance.now();
        continue;
      }
      const renew = performance.now() - renewed >= renewMs;
      try {
        const since = performance.now();
        await this.#look(renew);
        if (renew) renewed = since;
      } catch (error) {
        logger.warn({ error }, 'leases could not be renewed; trying again');
      }
    }
  }

  async #look(renew: boolean): Promise<void> {
    const { leaseSeconds, retryDelaySeconds, logger } = this.#parts;
    const backend = await this.#parts.backend();
    const before = new Map(this.#held);
    const takes = this.#takeCount;
    const quiet = !this.#taking;
    const since = performance.now();
    const jobs = await heldJobs(backend.database, this.id, renew ? leaseSeconds : undefined);
    const found = new Map<string, HeldJob>(jobs.map((job) => [keyOf(job), job]));
    for (const [key, { lease, ending }] of before) {
      const job = found.get(key);
      if (!job) {
        if (!ending) lease.interrupt('lease-lost');
        continue;
      }
      if (renew) lease.extend(since + leaseSeconds * 1000);
      if (job.cancel_requested) lease.interrupt('cancelled');
    }
    if (!quiet || takes !== this.#takeCount) return;
    this.#stray = false;
    for (const [key, job] of found) {
      if (before.has(key)) continue;
      logger.warn({ job: job.id, attempt: job.attempt }, 'a job was taken without an answer; giving it back');
      this.#stray = true;
      await endAttempt(backend, job, { type: 'released' }, retryDelaySeconds);
    }
  }

  #about(lease: AttemptLease): Record<string, unknown> {
    return { job: lease.job.id, attempt: lease.attempt, interruption: lease.interruption };
  }
}

function keyOf(job: { id: string; attempt: number }): string {
  return `${job.id}/${job.attempt}`;
}
