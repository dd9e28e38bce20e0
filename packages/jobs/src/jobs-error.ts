import { CflowError, type CflowErrorOptions } from '@cflow/spec';

export type JobsErrorCode = 'not-found' | 'conflict' | 'idempotency-mismatch' | 'unavailable' | 'interrupted';

/** What is wrong with a job, or with the database that keeps it. */
export class JobsError extends CflowError {
  declare readonly code: JobsErrorCode;

  constructor(code: JobsErrorCode, message: string, options?: CflowErrorOptions) {
    super(code, message, options);
  }
}

/**
 * Why a worker has to let go of a job: `cancelled` by a client, `timeout` of the attempt, `stopped` because the worker
 * is stopped, `lease-lost` because the lease ran out or another attempt has begun.
 */
export type Interruption = 'cancelled' | 'timeout' | 'stopped' | 'lease-lost';

/** The `reason` of a lease's signal. */
export class JobInterrupted extends JobsError {
  readonly interruption: Interruption;

  constructor(interruption: Interruption, message: string) {
    super('interrupted', message, { details: { interruption } });
    this.interruption = interruption;
  }
}

export function isUnavailable(error: unknown): boolean {
  return CflowError.isInstance(error) && error.code === 'unavailable';
}
