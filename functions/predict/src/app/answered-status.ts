import type { Context } from 'hono';
import type { AppEnvironment } from './environment.js';

/** As other servers log a request whose client left before its answer. No answer has it. */
const CLIENT_GONE = 499;

/** The status of a request for logs and metrics: of a client that left, what it would have got is no fault of ours. */
export function answeredStatus(c: Context<AppEnvironment>): number {
  if (c.get('opened')) return 101;
  return c.error && c.req.raw.signal.aborted ? CLIENT_GONE : c.res.status;
}
