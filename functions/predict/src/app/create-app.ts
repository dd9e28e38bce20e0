import { OpenAPIHono } from '@hono/zod-openapi';
import { cors } from 'hono/cors';
import { methodNotAllowed } from 'hono/method-not-allowed';
import { requestId } from 'hono/request-id';
import { secureHeaders } from 'hono/secure-headers';
import { RateLimiter } from '../security/rate-limiter.js';
import { accessLog } from './access-log.js';
import type { AppEnvironment } from './environment.js';
import { identify } from './identify.js';
import type { AppParts } from './parts.js';
import { plainAddress } from './plain-address.js';
import { invalid, ProblemError, problem } from './problem.js';
import { withDeadline } from './with-deadline.js';

/** An app, or a part of one, whose routes are described by OpenAPI. */
export type App = OpenAPIHono<AppEnvironment>;

/** An app without routes whose validators answer with problems: what each group of routes begins with. */
export function newApp(): App {
  return new OpenAPIHono<AppEnvironment>({
    defaultHook: (result) => {
      if (!result.success) throw invalid(result.error, result.target === 'json' ? '' : result.target);
    },
  });
}

/** The service as a function of its parts: nothing of a host in it, so that it runs on any. */
export function createApp(parts: AppParts): App {
  const app = newApp();
  const rateLimiter = new RateLimiter(parts.limits.rate, parts.now);
  app.use(requestId({ limitLength: 128 }));
  app.use(accessLog(parts.logger));
  app.use(secureHeaders({ overwrite: false, xFrameOptions: 'DENY' }));
  if (parts.corsOrigins.length > 0) {
    app.use(
      cors({
        origin: parts.corsOrigins.includes('*') ? '*' : [...parts.corsOrigins],
        allowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'],
        exposeHeaders: ['X-Request-Id', 'Retry-After', 'Location', 'ETag'],
        maxAge: 600,
      }),
    );
  }
  app.use(withDeadline(parts.limits.requestTimeoutMs));
  app.use(plainAddress);
  app.use(identify(parts));
  app.use(async (c, next) => {
    c.set('rateLimiter', rateLimiter);
    await next();
  });
  app.use(
    methodNotAllowed({
      app,
      onMethodNotAllowed: (c, methods) =>
        problem(
          c,
          new ProblemError('method-not-allowed', `expected ${methods.join(' or ')}, found ${c.req.method}`, {
            headers: { allow: methods.join(', ') },
          }),
        ),
    }),
  );
  app.notFound((c) => problem(c, new ProblemError('not-found', 'there is nothing at this address')));
  app.onError((error, c) => problem(c, error));
  return app;
}
