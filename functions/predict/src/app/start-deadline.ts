import type { Deadline } from './deadline.js';
import { ProblemError } from './problem.js';

/** Starts the clock of a request. `client` aborts when the client has gone. */
export function startDeadline(milliseconds: number, client: AbortSignal): Deadline {
  const controller = new AbortController();
  let reject: (error: ProblemError) => void = () => {};
  const expired = new Promise<never>((_, fail) => {
    reject = fail;
  });
  // Whether anybody waits for it is up to the handler.
  expired.catch(() => {});
  const timer = setTimeout(() => {
    const error = deadline.readingBody
      ? new ProblemError(
          'timeout',
          `the body did not arrive within ${milliseconds} ms; send it faster, or less of it`,
          { status: 408, headers: { connection: 'close' } },
        )
      : new ProblemError('timeout', `there was no answer within ${milliseconds} ms; try again later`);
    controller.abort(error);
    reject(error);
  }, milliseconds);
  const deadline: Deadline = {
    signal: AbortSignal.any([controller.signal, client]),
    expired,
    readingBody: false,
    lift: () => clearTimeout(timer),
  };
  return deadline;
}
