import { ConfigurationError, type Job, versionSchema } from '@cflow/spec';
import type { Fence } from './attempts.js';
import type { Database } from './database/database.js';
import { writeComparison, writeDataSet, writeEvent, writeProgress, writeVersion } from './fenced-writes.js';
import { type JobRow, jobOf } from './job-row.js';
import type { JobLease } from './jobs.js';
import { type Interruption, isUnavailable, JobInterrupted, JobsError } from './jobs-error.js';
import { untilAvailable } from './until-available.js';

const PROGRESS_MS = 1_000;
const EVENT_CHARACTERS = 16_384;

/** What of a training is kept in the job, beside the event. */
const KEPT: ReadonlyMap<unknown, typeof writeDataSet> = new Map([
  ['data-set', writeDataSet],
  ['compared', writeComparison],
]);

const REASONS: Readonly<Record<Interruption, string>> = {
  cancelled: 'the job was cancelled',
  timeout: 'the attempt took longer than the timeout of the job',
  stopped: 'the worker is being stopped',
  'lease-lost': 'the lease ran out, or another attempt has begun',
};

/**
 * One attempt as its handler sees it. While the database is away, writes are tried again for as long as the lease may be
 * valid. Timers count on the monotonic clock, so it does not matter when the machine's clock is set.
 */
export class AttemptLease implements JobLease {
  readonly job: Job;
  readonly attempt: number;
  readonly #database: Database;
  readonly #interrupt = new AbortController();
  readonly #fence: Fence;
  #claimed: string | undefined;
  #expiry: NodeJS.Timeout | undefined;
  #nextProgress = 0;
  #pending: Job['progress'] | undefined;
  #phase: Job['progress']['phase'];
  #flush: NodeJS.Timeout | undefined;

  constructor(database: Database, row: JobRow, validUntil: number) {
    this.job = jobOf(row);
    this.attempt = row.attempt;
    this.#database = database;
    this.#fence = { id: row.id, attempt: row.attempt };
    this.#claimed = row.claimed_version ?? undefined;
    this.#phase = row.progress.phase;
    this.extend(validUntil);
  }

  get fence(): Fence {
    return this.#fence;
  }

  get signal(): AbortSignal {
    return this.#interrupt.signal;
  }

  get claimedVersion(): string | undefined {
    return this.#claimed;
  }

  /** Why the handler was told to stop; the first reason stays. */
  get interruption(): Interruption | undefined {
    return this.signal.aborted ? (this.signal.reason as JobInterrupted).interruption : undefined;
  }

  interrupt(why: Interruption): void {
    if (!this.signal.aborted) this.#interrupt.abort(new JobInterrupted(why, REASONS[why]));
  }

  /** `validUntil` in milliseconds of `performance.now()`. */
  extend(validUntil: number): void {
    clearTimeout(this.#expiry);
    this.#expiry = setTimeout(
      () => this.interrupt('lease-lost'),
      Math.max(0, validUntil - performance.now()),
    );
  }

  /** At most one write per second and phase; what comes in between is written later, unless newer has come. */
  async progress(progress: Job['progress']): Promise<void> {
    this.#check();
    this.#pending = { ...progress, fraction: Math.min(1, Math.max(0, progress.fraction || 0)) };
    const wait = this.#nextProgress - performance.now();
    if (progress.phase === this.#phase && wait > 0) {
      this.#flush ??= setTimeout(() => {
        this.flushProgress().catch(() => {});
      }, wait);
      return;
    }
    await this.flushProgress();
  }

  async flushProgress(): Promise<void> {
    clearTimeout(this.#flush);
    this.#flush = undefined;
    const progress = this.#pending;
    if (!progress) return;
    this.#pending = undefined;
    this.#phase = progress.phase;
    this.#nextProgress = performance.now() + PROGRESS_MS;
    await this.#write(() => writeProgress(this.#database, this.#fence, progress));
  }

  async event(type: 'training' | 'log', data: Record<string, unknown>): Promise<void> {
    let json = JSON.stringify(data);
    if (json.length > EVENT_CHARACTERS && type === 'log' && typeof data.message === 'string') {
      json = JSON.stringify({
        level: data.level,
        message: `${data.message.slice(0, EVENT_CHARACTERS / 8)}…`,
      });
    }
    if (json.length > EVENT_CHARACTERS) {
      throw new ConfigurationError(
        `expected an event of at most ${EVENT_CHARACTERS} characters of JSON, got ${json.length}`,
      );
    }
    const kept = type === 'training' ? KEPT.get(data.type) : undefined;
    await this.#write(() =>
      kept ? kept(this.#database, this.#fence, json) : writeEvent(this.#database, this.#fence, type, json),
    );
  }

  async claimVersion(version: string): Promise<string> {
    if (!versionSchema.safeParse(version).success) {
      throw new ConfigurationError(
        `expected a version of 64 hexadecimal digits, got "${version.slice(0, 80)}"`,
      );
    }
    this.#claimed = await this.#write(() => writeVersion(this.#database, this.#fence, version));
    return this.#claimed;
  }

  /** Ends what runs on its own. */
  dispose(): void {
    clearTimeout(this.#expiry);
    clearTimeout(this.#flush);
  }

  async #write<T>(write: () => Promise<T>): Promise<T> {
    try {
      return await untilAvailable(write, this.signal);
    } catch (error) {
      if (JobsError.isInstance(error) && error.code === 'conflict') this.interrupt('lease-lost');
      // That the database is away is why the lease was lost, not what the handler should hear of.
      if (isUnavailable(error)) this.#check();
      throw error;
    }
  }

  #check(): void {
    if (this.interruption === 'lease-lost') throw this.signal.reason;
  }
}
