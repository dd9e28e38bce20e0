import { ProblemError } from './problem.js';

/** Why a request is abandoned: its time is up, or nobody waits for it. Undefined while somebody does. */
export function stoppedBy(signal: AbortSignal | undefined): ProblemError | undefined {
  if (!signal?.aborted) return undefined;
  if (signal.reason instanceof ProblemError) return signal.reason;
  return new ProblemError('interrupted', 'the client has gone');
}
