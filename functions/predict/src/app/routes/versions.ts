import { SerialTasks } from '@cflow/inference';
import {
  deleteVersionRoute,
  getVersionRoute,
  listVersionsRoute,
  publishVersionRoute,
} from '../../openapi/detector-routes.js';
import { type App, newApp } from '../new-app.js';
import type { AppParts } from '../parts.js';
import { ProblemError, problemErrorOf } from '../problem.js';
import { requires } from '../requires.js';
import { readUploadedBundle } from '../uploaded-bundle.js';
import { withoutPaths } from '../without-paths.js';

/** Versions of detectors. */
export function versionRoutes(parts: AppParts): App {
  const app = newApp();
  const { registry } = parts;
  const read = [requires(parts, 'read')];
  const admin = [requires(parts, 'admin')];
  // They may arrive side by side, within the memory for bodies: a slow one keeps nobody out. Checked and kept, which takes
  // as much memory again, they are one after the other.
  const staging = new SerialTasks();

  app.openapi({ ...listVersionsRoute, middleware: read }, async (c) => {
    const { name } = c.req.valid('param');
    return c.json(await registry.listVersions(name, c.req.valid('query')), 200);
  });

  app.openapi({ ...getVersionRoute, middleware: read }, async (c) => {
    const { name, version } = c.req.valid('param');
    return c.json(await registry.version(name, await registry.resolve(name, version)), 200);
  });

  app.openapi({ ...publishVersionRoute, middleware: admin }, async (c) => {
    const { name } = c.req.valid('param');
    const { alias } = c.req.valid('query');
    c.get('deadline').lift();
    const bundle = await readUploadedBundle(c, parts.limits);
    const summary = await staging.run(async () => {
      const version = await registry.stage(name, bundle).catch((error: unknown) => {
        throw damagedUpload(error);
      });
      return registry.publish(name, version, { alias: alias === '' ? null : alias });
    });
    c.header('Location', `/v1/detectors/${name}/versions/${summary.version}`);
    return c.json(summary, 201);
  });

  app.openapi({ ...deleteVersionRoute, middleware: admin }, async (c) => {
    const { name, version } = c.req.valid('param');
    await registry.deleteVersion(name, await registry.resolve(name, version));
    return c.body(null, 204);
  });

  return app;
}

// Here a damaged bundle is what was sent, not what the service has.
function damagedUpload(error: unknown): unknown {
  const found = problemErrorOf(error);
  if (found.code !== 'bundle') return error;
  return new ProblemError('bundle', withoutPaths((error as Error).message), { status: 422, cause: error });
}
