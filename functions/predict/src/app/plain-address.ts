import type { MiddlewareHandler } from 'hono';
import type { AppEnvironment } from './environment.js';
import { ProblemError } from './problem.js';

/** Refuses addresses whose percent-encoding no server reads the same way. */
export const plainAddress: MiddlewareHandler<AppEnvironment> = async (c, next) => {
  const address = c.req.raw.url;
  if (address.includes('%')) {
    try {
      decodeURIComponent(address);
    } catch (cause) {
      throw new ProblemError('invalid-request', 'the address is not percent-encoded UTF-8', { cause });
    }
  }
  await next();
};
