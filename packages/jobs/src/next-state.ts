import type { Job } from '@cflow/spec';
import { DONE, type JobRow, WAITING } from './job-row.js';

/**
 * How an attempt ended. `released`: given back by a worker that was stopped. `lost`: its worker died, or could not reach
 * the database for as long as its lease.
 */
export type Ending =
  | { type: 'succeeded'; result: NonNullable<Job['result']> }
  | { type: 'failed'; error: NonNullable<Job['error']>; retryable: boolean }
  | { type: 'cancelled' }
  | { type: 'released' }
  | { type: 'lost' };

/** What becomes of the job; `retry` says why and when a queued one comes again, for its log. */
export interface NextState {
  status: Exclude<Job['status'], 'running'>;
  failures: number;
  progress: Job['progress'];
  result: Job['result'];
  error: Job['error'];
  delaySeconds: number;
  retry: string | undefined;
}

const LONGEST_DELAY_SECONDS = 3600;

/** `random` in [0, 1): delays are stretched by up to a quarter, so that what failed together does not return together. */
export function nextState(
  row: Pick<JobRow, 'attempt' | 'failures' | 'cancel_requested' | 'progress'> & {
    request: { maxAttempts: number };
  },
  ending: Ending,
  { retryDelaySeconds, random }: { retryDelaySeconds: number; random: number },
): NextState {
  const ended = { result: null, error: null, delaySeconds: 0, retry: undefined };
  const { failures, progress } = row;
  if (ending.type === 'succeeded') {
    return { ...ended, status: 'succeeded', failures, progress: DONE, result: ending.result };
  }
  if (ending.type === 'cancelled' || row.cancel_requested) {
    return { ...ended, status: 'cancelled', failures, progress };
  }
  if (ending.type === 'released') {
    return {
      ...ended,
      status: 'queued',
      failures,
      progress: WAITING,
      retry: `attempt ${row.attempt} was given back by its worker; another one continues the job`,
    };
  }
  const failed = failures + 1;
  const error =
    ending.type === 'failed'
      ? ending.error
      : ({ code: 'interrupted', message: 'its worker died or lost touch with the queue' } as const);
  const retryable = ending.type === 'lost' || ending.retryable;
  if (!retryable || failed >= row.request.maxAttempts) {
    return { ...ended, status: 'failed', failures: failed, progress, error };
  }
  const delay = Math.min(LONGEST_DELAY_SECONDS, retryDelaySeconds * 2 ** (failed - 1));
  const delaySeconds = delay * (1 + random / 4);
  return {
    ...ended,
    status: 'queued',
    failures: failed,
    progress: WAITING,
    delaySeconds,
    retry:
      `attempt ${row.attempt} failed (${failed} of ${row.request.maxAttempts}): ${error.message}; ` +
      `the next in ${delaySeconds.toFixed(1)} s`,
  };
}
