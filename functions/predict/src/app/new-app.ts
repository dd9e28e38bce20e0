import { OpenAPIHono } from '@hono/zod-openapi';
import type { AppEnvironment } from './environment.js';
import { invalid } from './problem.js';

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
