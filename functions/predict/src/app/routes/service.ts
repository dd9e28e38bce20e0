import type { JSONValue } from 'hono/utils/types';
import { openApiDocument } from '../../openapi/open-api-document.js';
import { livezRoute, openApiRoute, readyzRoute } from '../../openapi/service-routes.js';
import { type App, newApp } from '../new-app.js';
import type { AppParts } from '../parts.js';
import { ProblemError } from '../problem.js';

/** Health, and what the service offers. `whole` is the app with all its routes. */
export function serviceRoutes(parts: AppParts, whole: App): App {
  const app = newApp();
  const { version } = parts;
  let document: Record<string, JSONValue> | undefined;

  app.openapi(livezRoute, (c) => {
    const { alive = true, detail } = parts.readiness;
    if (alive) return c.json({ status: 'alive' as const, version }, 200);
    throw new ProblemError('unavailable', `the process is to be started anew: ${detail}`);
  });

  app.openapi(readyzRoute, (c) => {
    const { state, detail } = parts.readiness;
    if (state === 'ready') return c.json({ status: 'ready' as const, version }, 200);
    throw new ProblemError('not-ready', detail ? `${state}: ${detail}` : state);
  });

  app.openapi(openApiRoute, (c) => {
    document ??= openApiDocument(whole, version) as object as Record<string, JSONValue>;
    return c.json(document, 200);
  });
  return app;
}
