import type { MiddlewareHandler } from 'hono';
import type { AppEnvironment } from '../../app/environment.js';

/**
 * Errors under /v2 as the Open Inference Protocol has them: `{"error": string}` instead of problem+json. To be used
 * before everything that may refuse a request, so that nothing is answered in another form.
 */
export const openInferenceErrors: MiddlewareHandler<AppEnvironment> = async (c, next) => {
  const { path } = c.req;
  if (path === '/v2' || path.startsWith('/v2/')) {
    c.set('errorForm', ({ detail }) => ({ contentType: 'application/json', body: { error: detail } }));
  }
  await next();
};
