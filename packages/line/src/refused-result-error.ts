import { CflowError } from '@cflow/spec';

/**
 * A receiver was reached and will not have this one result, whatever becomes of others. Of sinks that take one result at a time: so
 * it is known which.
 */
export class RefusedResultError extends CflowError {
  constructor(message: string) {
    super('unavailable', message, { retryable: true });
    this.name = 'RefusedResultError';
  }
}
