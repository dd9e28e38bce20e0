import { CflowError, TrainingError } from '@cflow/spec';
import type { ErrorMessage } from './messages.js';

/** An error as it goes from one process to another. */
export function errorMessage(error: unknown): ErrorMessage {
  if (CflowError.isInstance(error)) {
    const { code, message, retryable, details } = error;
    return { code, message, retryable, details };
  }
  // Not raised on purpose: out of memory, or a defect. Another attempt may show which.
  const message = error instanceof Error ? error.message : String(error);
  return { code: undefined, message, retryable: true, details: {} };
}

/** The error that came from another process. @param what failed where the error says nothing of it */
export function receivedError({ code, message, retryable, details }: ErrorMessage, what: string): CflowError {
  return code === undefined
    ? new TrainingError(`${what} failed: ${message}`, { retryable, details })
    : new CflowError(code, message, { retryable, details });
}
