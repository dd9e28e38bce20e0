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
  // A bundle is in memory while it is checked: one at a time.
  let uploading = false;

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
    if (uploading) {
      throw new ProblemError('queue-full', 'another bundle is being uploaded; try again in a moment', {
        headers: { 'retry-after': '5' },
      });
    }
    uploading = true;
    try {
      c.get('deadline').lift();
      const bundle = await readUploadedBundle(c, parts.limits);
      const version = await registry.stage(name, bundle).catch((error: unknown) => {
        throw damagedUpload(error);
      });
      const summary = await registry.publish(name, version, { alias: alias === '' ? null : alias });
      c.header('Location', `/v1/detectors/${name}/versions/${version}`);
      return c.json(summary, 201);
    } finally {
      uploading = false;
    }
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
