import { ProblemError } from '../problem.js';

export const MALFORMED = 'the body is not JSON in UTF-8';

/** For what is not JSON. */
export function malformedJson(cause?: unknown): ProblemError {
  return new ProblemError('invalid-request', MALFORMED, { cause });
}

/** For JSON beyond what is read here. */
export function refusedJson(detail: string): ProblemError {
  return new ProblemError('invalid-request', detail);
}
