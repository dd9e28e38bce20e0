import type { MiddlewareHandler } from 'hono';
import type { Scope } from '../security/api-keys.js';
import { presentedKey } from '../security/presented-key.js';
import type { AppEnvironment } from './environment.js';
import type { AppParts } from './parts.js';
import { ProblemError } from './problem.js';

/**
 * Lets through whom a route is for: 401 without a key, 403 when the key has none of the scopes, 429 when a caller
 * predicts more often than agreed, 503 when the service is about to end.
 */
export function requires(
  parts: Pick<AppParts, 'readiness'>,
  ...scopes: [Scope, ...Scope[]]
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
        presentedKey(c.req.raw.headers) === undefined
          ? 'send an API key as "Authorization: Bearer <key>" or in the header X-Api-Key'
          : 'this API key is not known here; check that it is complete, or ask for another',
        { headers: { 'www-authenticate': 'Bearer realm="cflow"' } },
      );
    }
    if (!caller.scopes.has('admin') && !scopes.some((scope) => caller.scopes.has(scope))) {
      const names = scopes.map((scope) => `"${scope}"`).join(' or ');
      throw new ProblemError(
        'forbidden',
        `the key "${caller.name}" lacks the scope ${names}; ask for one that has it`,
        {
          headers: {
            'www-authenticate': `Bearer realm="cflow", error="insufficient_scope", scope="${scopes.join(' ')}"`,
          },
        },
      );
    }
    if (scopes.includes('predict')) {
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
