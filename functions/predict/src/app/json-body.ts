import type { MiddlewareHandler } from 'hono';
import type { AppEnvironment } from './environment.js';
import type { Limits } from './parts.js';
import { ProblemError } from './problem.js';
import { mediaType, readBody } from './read-body.js';

/** Far more than any JSON without images needs. */
export const MOST_JSON = 1024 * 1024;

/** Reads a JSON body within limits, so that a validator after it finds it whole. */
export function jsonBody(limits: Limits): MiddlewareHandler<AppEnvironment> {
  return async (c, next) => {
    const type = mediaType(c);
    if (type !== 'application/json') {
      throw new ProblemError(
        'unsupported-media-type',
        `expected Content-Type application/json, found "${type}"`,
      );
    }
    const maxBytes = Math.min(MOST_JSON, limits.bodyBytes);
    const body = await readBody(c, { maxBytes, idleMs: limits.bodyTimeoutMs });
    const { url, method, headers } = c.req.raw;
    c.req.raw = new Request(url, { method, headers, body });
    await next();
  };
}
