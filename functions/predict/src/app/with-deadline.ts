import type { MiddlewareHandler } from 'hono';
import type { AppEnvironment } from './environment.js';
import { startDeadline } from './start-deadline.js';

/** Answers 504 when a handler takes longer, and lets it know by its signal. */
export function withDeadline(milliseconds: number): MiddlewareHandler<AppEnvironment> {
  return async (c, next) => {
    const deadline = startDeadline(milliseconds, c.req.raw.signal);
    c.set('deadline', deadline);
    try {
      await Promise.race([next(), deadline.expired]);
    } finally {
      deadline.lift();
    }
  };
}
