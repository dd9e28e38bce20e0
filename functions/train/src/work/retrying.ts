import { setTimeout } from 'node:timers/promises';
import { CflowError } from '@cflow/spec';

export interface RetryingOptions {
  signal: AbortSignal;
  /** Told of each failure that is followed by another try. */
  onRetry?: ((error: CflowError) => void) | undefined;
  /** Default 5. */
  attempts?: number | undefined;
  /** Milliseconds before the second attempt, doubled before each further one. Default 500. */
  pauseMs?: number | undefined;
}

/** Does something again that failed with an error that says it may work later. Rejects with the last error. */
export async function retrying<T>(work: () => Promise<T>, options: RetryingOptions): Promise<T> {
  const { signal, onRetry, attempts = 5, pauseMs = 500 } = options;
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      if (attempt === attempts || !CflowError.isInstance(error) || !mayWorkSoon(error)) throw error;
      onRetry?.(error);
      const jitter = 0.75 + Math.random() / 2;
      // Aborted while waiting: the reason is thrown above.
      await setTimeout(pauseMs * 2 ** (attempt - 1) * jitter, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** A disk that is full is not emptied in seconds: that is for another attempt, perhaps on another machine. */
function mayWorkSoon({ retryable, code }: CflowError): boolean {
  return retryable && code !== 'storage-full';
}
