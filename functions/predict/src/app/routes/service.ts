import { openApiDocument } from '../../openapi/open-api-document.js';
import { livezRoute, openApiRoute, readyzRoute } from '../../openapi/service-routes.js';
import { type App, newApp } from '../new-app.js';
import type { AppParts } from '../parts.js';
import { ProblemError } from '../problem.js';

/** Health, and what the service offers. `whole` is the app with all its routes. */
export function serviceRoutes(parts: AppParts, whole: App): App {
  const app = newApp();
  const { version } = parts;
  /** Hundreds of kilobytes: written once, not for everybody who asks. */
  let document: string | undefined;

  app.openapi(livezRoute, (c) => {
    const { alive = true, detail } = parts.readiness;
    if (alive) return c.json({ status: 'alive' as const, version }, 200);
    throw new ProblemError('unavailable', `the process has to be restarted: ${detail}`);
  });

  app.openapi(readyzRoute, (c) => {
    const { state, detail } = parts.readiness;
    if (state === 'ready') return c.json({ status: 'ready' as const, version }, 200);
    throw new ProblemError('not-ready', detail ? `${state}: ${detail}` : state);
  });

  app.openapi(openApiRoute, (c) => {
    document ??= JSON.stringify(openApiDocument(whole, version));
    const written: Response = c.body(document, 200, { 'content-type': 'application/json' });
    return written as ReturnType<typeof c.json<Record<string, never>, 200>>;
  });
  return app;
}
