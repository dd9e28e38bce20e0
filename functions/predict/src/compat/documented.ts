import type { RouteConfig } from '@hono/zod-openapi';
import type { Context, MiddlewareHandler } from 'hono';
import type { AppEnvironment } from '../app/environment.js';
import type { App } from '../app/new-app.js';

type Handler = (c: Context<AppEnvironment>) => Response | Promise<Response>;

/**
 * Adds a route that stands in /openapi.json but reads its request itself: protocols of others have answers and bodies
 * (binary ones behind JSON, JSON of any content type) that a validator in front of the handler would refuse or buffer.
 */
export function addDocumented(
  app: App,
  route: RouteConfig & { getRoutingPath(): string },
  middleware: readonly MiddlewareHandler<AppEnvironment>[],
  handler: Handler,
): void {
  app.openAPIRegistry.registerPath(route);
  const path = route.getRoutingPath();
  for (const each of middleware) app.on([route.method.toUpperCase()], [path], each);
  app.on([route.method.toUpperCase()], [path], handler);
}
