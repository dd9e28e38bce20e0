import { CflowError, type CflowErrorOptions } from '@cflow/spec';

export type InferenceErrorCode = 'queue-full' | 'timeout' | 'unavailable';

/**
 * A request that was not scored although nothing is wrong with it: the queue is full (`details.retryAfterSeconds` says when
 * there may be room), its time was up, or the service cannot score now. `retryable` unless it says otherwise.
 */
export class InferenceError extends CflowError {
  declare readonly code: InferenceErrorCode;
  /** Seconds, whole, from 1; only of `queue-full`. */
  readonly retryAfterSeconds: number | undefined;

  constructor(code: InferenceErrorCode, message: string, options: CflowErrorOptions = {}) {
    super(code, message, { retryable: true, ...options });
    const { retryAfterSeconds } = this.details;
    this.retryAfterSeconds = typeof retryAfterSeconds === 'number' ? retryAfterSeconds : undefined;
  }
}

/** Why an aborted request ends: its time was up, or its owner's reason. */
export function abortReason(signal: AbortSignal): unknown {
  const { reason } = signal;
  if (reason instanceof Error && reason.name === 'TimeoutError') {
    return new InferenceError(
      'timeout',
      'the time for this request was over before it was scored; try again',
      {
        cause: reason,
      },
    );
  }
  return reason;
}

/** The promise's result, or the signal's reason as soon as it aborts. */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abort = (): void => reject(abortReason(signal));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
