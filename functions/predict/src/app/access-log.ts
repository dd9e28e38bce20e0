import type { Logger } from '@cflow/spec';
import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import { answeredStatus } from './answered-status.js';
import type { AppEnvironment } from './environment.js';
import { HEALTH_PATHS } from './health-paths.js';
import { problemErrorOf } from './problem.js';

const PROBES: ReadonlySet<string> = new Set(HEALTH_PATHS);

/** Gives the request a logger, and writes one line when it was answered: never a body, a query or a key. */
export function accessLog(logger: Logger): MiddlewareHandler<AppEnvironment> {
  return async (c, next) => {
    const requestId = c.get('requestId');
    c.set('logger', withRequestId(logger, requestId));
    const began = performance.now();
    await next();
    const fields = {
      requestId,
      method: c.req.method,
      // Of the handler that answered, as it was declared: addresses differ, routes are few.
      route: routePath(c, -1),
      status: answeredStatus(c),
      milliseconds: Math.round((performance.now() - began) * 10) / 10,
      ...(c.get('caller') && { caller: c.get('caller')?.name }),
    };
    // Asked every few seconds, and not ready is what they are asked to find out.
    if (PROBES.has(c.req.path)) return logger.debug(fields, 'probe');
    if (!c.error) return logger.info(fields, 'request');
    const { code, cause, message } = problemErrorOf(c.error);
    // The message about a request that is not valid quotes it.
    const detail = code === 'invalid-request' ? {} : { detail: message };
    // Nobody reads the answer, and nothing is wrong with the service.
    if (c.req.raw.signal.aborted) logger.info({ ...fields, code }, 'client gone');
    else if (c.res.status < 500) logger.info({ ...fields, code, ...detail }, 'request refused');
    else logger.error({ ...fields, code, ...detail, err: cause ?? c.error }, 'request failed');
  };
}

function withRequestId(logger: Logger, requestId: string): Logger {
  return {
    debug: (fields, message) => logger.debug({ requestId, ...fields }, message),
    info: (fields, message) => logger.info({ requestId, ...fields }, message),
    warn: (fields, message) => logger.warn({ requestId, ...fields }, message),
    error: (fields, message) => logger.error({ requestId, ...fields }, message),
  };
}
