import type { Comparison, DataSetReport, Job, JobRequest, JobStatus } from '@cflow/spec';

/** A row of cflow.jobs. */
export interface JobRow {
  id: string;
  number: number | string;
  status: JobStatus;
  request: JobRequest;
  request_hash: string;
  created_at: Date;
  started_at: Date | null;
  finished_at: Date | null;
  /** Attempts begun. With the id it is what a worker's writes are checked against. */
  attempt: number;
  /** Attempts that count against the request's `maxAttempts`: all but those given back by a worker that was stopped. */
  failures: number;
  cancel_requested: boolean;
  progress: Job['progress'];
  claimed_version: string | null;
  data_set: DataSetReport | null;
  comparison: Comparison | null;
  result: Job['result'];
  error: Job['error'];
  last_event: number;
}

export const WAITING: Job['progress'] = { fraction: 0, phase: 'waiting' };
export const DONE: Job['progress'] = { fraction: 1, phase: 'done' };

export function jobOf(row: JobRow): Job {
  return {
    id: row.id,
    status: row.status,
    request: row.request,
    createdAt: row.created_at.toISOString(),
    startedAt: row.started_at?.toISOString() ?? null,
    finishedAt: row.finished_at?.toISOString() ?? null,
    attempt: row.attempt,
    cancelRequested: row.cancel_requested,
    progress: row.progress,
    dataSet: row.data_set,
    comparison: row.comparison,
    result: row.result,
    error: row.error,
  };
}
