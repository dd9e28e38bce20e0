import {
  deleteAliasRoute,
  getAliasRoute,
  getDetectorRoute,
  listDetectorsRoute,
  moveAliasRoute,
} from '../../openapi/detector-routes.js';
import { meant } from '../faults.js';
import { jsonBody } from '../json/json-body.js';
import { type App, newApp } from '../new-app.js';
import type { AppParts } from '../parts.js';
import { ProblemError } from '../problem.js';
import { requires } from '../requires.js';

/** Detectors and their aliases. */
export function detectorRoutes(parts: AppParts): App {
  const app = newApp();
  const { registry } = parts;
  const read = [requires(parts, 'read')];
  const admin = [requires(parts, 'admin')];

  app.openapi({ ...listDetectorsRoute, middleware: read }, async (c) =>
    c.json(await registry.listDetectors(c.req.valid('query')), 200),
  );

  app.openapi({ ...getDetectorRoute, middleware: read }, async (c) => {
    const { name } = c.req.valid('param');
    return c.json({ name, aliases: await registry.aliases(name) }, 200);
  });

  app.openapi({ ...getAliasRoute, middleware: read }, async (c) => {
    const { name, alias } = c.req.valid('param');
    const aliases = await registry.aliases(name);
    const version = Object.hasOwn(aliases, alias) ? aliases[alias] : undefined;
    if (version === undefined) {
      const hint = meant(alias, Object.keys(aliases));
      throw new ProblemError('not-found', `the detector "${name}" has no alias "${alias}"${hint}`);
    }
    return c.json({ name, alias, version }, 200);
  });

  app.openapi(
    { ...moveAliasRoute, middleware: [requires(parts, 'admin'), jsonBody(parts.limits)] },
    async (c) => {
      const { name, alias } = c.req.valid('param');
      const { version, expected } = c.req.valid('json');
      await registry.moveAlias(name, alias, version, expected === undefined ? {} : { expected });
      return c.json({ name, alias, version }, 200);
    },
  );

  app.openapi({ ...deleteAliasRoute, middleware: admin }, async (c) => {
    const { name, alias } = c.req.valid('param');
    await registry.deleteAlias(name, alias);
    return c.body(null, 204);
  });

  return app;
}
