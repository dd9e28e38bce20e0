import type { MiddlewareHandler } from 'hono';
import { bodyLimits, mediaType } from '../body/read-body.js';
import type { AppEnvironment } from '../environment.js';
import type { Limits } from '../parts.js';
import { ProblemError } from '../problem.js';
import { JSON_LIMITS } from './json-scanner.js';
import { readJson } from './read-json.js';

/** Reads a JSON body within limits, so that a validator after it finds it whole. */
export function jsonBody(limits: Limits): MiddlewareHandler<AppEnvironment> {
  return async (c, next) => {
    const type = mediaType(c);
    if (type !== 'application/json') {
      throw new ProblemError(
        'unsupported-media-type',
        `expected Content-Type application/json, got "${type}"`,
      );
    }
    const { text } = await readJson(c, bodyLimits(limits, JSON_LIMITS.bytes));
    const { url, method, headers } = c.req.raw;
    c.req.raw = new Request(url, { method, headers, body: text });
    await next();
  };
}
