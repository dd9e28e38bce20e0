import type { MiddlewareHandler } from 'hono';
import type { AppEnvironment } from '../../app/environment.js';

/**
 * Errors under /v2 as the Open Inference Protocol has them: `{"error": string}` instead of problem+json. To be used
 * before everything that may refuse a request, so that nothing is answered in another form.
 */
export const openInferenceErrors: MiddlewareHandler<AppEnvironment> = async (c, next) => {
  await next();
  const { path } = c.req;
  if (path !== '/v2' && !path.startsWith('/v2/')) return;
  const found = c.res;
  if (!found.headers.get('content-type')?.startsWith('application/problem+json')) return;
  const { detail } = (await found.json()) as { detail: string };
  const headers = new Headers(found.headers);
  headers.set('content-type', 'application/json');
  headers.delete('content-length');
  // Assigning an answer keeps the headers of the one before, the content type of the problem among them.
  c.res = undefined;
  c.res = new Response(JSON.stringify({ error: detail }), { status: found.status, headers });
};
