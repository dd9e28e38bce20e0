import type { StartTrace } from '@cflow/spec';
import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import { answeredStatus } from './answered-status.js';
import type { AppEnvironment } from './environment.js';
import { HEALTH_PATHS } from './health-paths.js';
import { problemErrorOf } from './problem.js';

/** Asked every few seconds; what they did nobody looks for. */
const PASSED_BY: ReadonlySet<string> = new Set([...HEALTH_PATHS, '/metrics']);
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Records each request, as a part of the caller's trace where it names one. */
export function traceRequests(startTrace: StartTrace): MiddlewareHandler<AppEnvironment> {
  return async (c, next) => {
    if (PASSED_BY.has(c.req.path)) return next();
    const method = METHODS.has(c.req.method) ? c.req.method : '_OTHER';
    const span = startTrace(method, {
      parent: c.req.header('traceparent'),
      answers: true,
      attributes: { 'http.request.method': method },
    });
    c.set('span', span);
    try {
      await next();
    } finally {
      const status = Number(answeredStatus(c));
      const route = routePath(c, -1);
      span.rename(`${method} ${route}`);
      span.set({
        'http.route': route,
        'http.response.status_code': status,
        'cflow.request.id': c.get('requestId'),
      });
      // A request that is wrong is no failure of the service.
      span.end({
        error: status >= 500 ? (c.error ? problemErrorOf(c.error) : new Error(String(status))) : undefined,
      });
    }
  };
}
