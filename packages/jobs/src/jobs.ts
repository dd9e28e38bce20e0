import type { Job, JobEvent, JobPage, JobRequest, PageQuery } from '@cflow/spec';

/** A worker's right to a job: as long as the lease is renewed, and no longer than until another attempt begins. */
export interface JobLease {
  readonly job: Job;
  /** Number of this attempt, from 1. */
  readonly attempt: number;
  /** Aborts when the job is cancelled, times out, or is no longer this worker's; `reason` says which. */
  readonly signal: AbortSignal;
  progress(progress: Job['progress']): Promise<void>;
  /** `training` for what the training reports, `log` for `{ level, message }`. */
  event(type: 'training' | 'log', data: Record<string, unknown>): Promise<void>;
  /**
   * Fixes the version that the job ends with, once for all attempts, before it is published. Gives the version that
   * counts: this one, or the one that an earlier attempt fixed. Rejects when the job is no longer this worker's.
   */
  claimVersion(version: string): Promise<string>;
  /** Undefined until a version was claimed. */
  readonly claimedVersion: string | undefined;
}

/** What jobs do with an archive. */
export interface DataSetUse {
  /** A job that waits or runs names it. */
  inUse: boolean;
  /** When the last one that did has ended; null while none has. */
  lastEndedAt: string | null;
  /** Detectors that have a version trained on it. */
  detectors: readonly string[];
}

export type JobOutcome = NonNullable<Job['result']>;

export interface WorkOptions {
  /** Jobs at a time in this process. Default 1. */
  concurrency?: number;
  /** Called when a job has begun; rejecting makes the job fail: again later when the error is `retryable`, for good otherwise. */
  handle(lease: JobLease): Promise<JobOutcome>;
}

export interface JobWorker {
  /** Takes no further job; those under way are given back after `graceMs`, to be resumed by another worker. */
  stop(options?: { graceMs?: number }): Promise<void>;
}

/**
 * Training jobs and what has become of them. Rejects with JobsError: `not-found`, `conflict`, or `unavailable`
 * (retryable) when the database cannot be reached.
 */
export interface Jobs {
  /**
   * With an idempotency key: the job that the same key made before, as long as the request is the same; JobsError
   * `idempotency-mismatch` when it is another.
   */
  create(
    request: JobRequest,
    options?: { idempotencyKey?: string | undefined; owner?: string },
  ): Promise<{ job: Job; created: boolean }>;
  get(id: string): Promise<Job>;
  list(page: PageQuery & { status?: Job['status'] | undefined }): Promise<JobPage>;
  /** A queued job ends at once, a running one as soon as its worker hears of it; one that has ended is a `conflict`. */
  cancel(id: string): Promise<Job>;
  /** Events after `after` (0: all), in order, at most `limit`. */
  events(id: string, options: { after: number; limit: number }): Promise<JobEvent[]>;
  /** The job that trained a version of a detector, the last one; undefined where none has. */
  trained(name: string, version: string): Promise<Job | undefined>;
  /** What jobs do with archives of the store, by path; those that no job has named are left out. */
  dataSetUses(paths: readonly string[]): Promise<ReadonlyMap<string, DataSetUse>>;
  /**
   * Calls `remove`, while no job on that archive can be made, unless a job that waits or runs names it (`in-use`), or the
   * last one that did ended less than `restSeconds` ago (`resting`).
   */
  releaseDataSet(
    path: string,
    options: { restSeconds: number },
    remove: () => Promise<void>,
  ): Promise<'removed' | 'in-use' | 'resting'>;
  work(options: WorkOptions): Promise<JobWorker>;
  /** Whether the database answers. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
