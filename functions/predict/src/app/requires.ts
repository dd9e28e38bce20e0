import type { MiddlewareHandler } from 'hono';
import type { Scope } from '../security/api-keys.js';
import type { AppEnvironment } from './environment.js';
import type { AppParts } from './parts.js';
import { ProblemError } from './problem.js';

/**
 * Lets through whom a route is for: 401 without a key, 403 when the key has not the scope, 429 when a caller predicts
 * more often than agreed, 503 when the service is about to end.
 */
export function requires(
  parts: Pick<AppParts, 'readiness'>,
  scope: Scope,
): MiddlewareHandler<AppEnvironment> {
  return async (c, next) => {
    if (parts.readiness.state === 'draining') {
      throw new ProblemError('not-ready', 'the service is about to end; ask again, another will answer', {
        headers: { connection: 'close' },
      });
    }
    const caller = c.get('caller');
    if (!caller) {
      throw new ProblemError(
        'unauthorized',
        'send an API key as "Authorization: Bearer <key>" or in the header X-Api-Key',
        { headers: { 'www-authenticate': 'Bearer realm="cflow"' } },
      );
    }
    if (!caller.scopes.has(scope) && !caller.scopes.has('admin')) {
      throw new ProblemError(
        'forbidden',
        `the key "${caller.name}" lacks the scope "${scope}"; ask for one that has it`,
        {
          headers: {
            'www-authenticate': `Bearer realm="cflow", error="insufficient_scope", scope="${scope}"`,
          },
        },
      );
    }
    if (scope === 'predict') {
      const state = c.get('rateLimiter')?.take(caller.name, caller.rate);
      if (state) {
        c.header('RateLimit-Limit', String(state.limit));
        c.header('RateLimit-Remaining', String(state.remaining));
        c.header('RateLimit-Reset', String(state.resetSeconds));
        if (!state.allowed) {
          throw new ProblemError('rate-limited', 'more requests than agreed; wait as Retry-After says', {
            headers: { 'retry-after': String(state.retryAfterSeconds) },
          });
        }
      }
    }
    await next();
  };
}
