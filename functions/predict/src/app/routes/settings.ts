import {
  getSettingsRoute,
  getShadowRoute,
  listSettingsRoute,
  saveSettingsRoute,
} from '../../openapi/settings-routes.js';
import { jsonBody } from '../json/json-body.js';
import { type App, newApp } from '../new-app.js';
import type { AppParts } from '../parts.js';
import { requires } from '../requires.js';

/** Characters of a key's name that are kept. */
const MOST_NAME = 200;

/** What is decided for detectors, by whom and when. */
export function settingsRoutes(parts: AppParts): App {
  const app = newApp();
  const { registry } = parts;
  const read = [requires(parts, 'read')];

  app.openapi({ ...getSettingsRoute, middleware: read }, async (c) =>
    c.json(await registry.settings(c.req.valid('param').name), 200),
  );

  app.openapi(
    { ...saveSettingsRoute, middleware: [requires(parts, 'admin'), jsonBody(parts.limits)] },
    async (c) => {
      const { name } = c.req.valid('param');
      const { expected, version: reference, ...decided } = c.req.valid('json');
      const version = reference === undefined ? undefined : await registry.resolve(name, reference);
      // Its alias is kept as it is called: where it is moved to, it is to score.
      if (decided.shadow) await registry.resolve(name, decided.shadow.reference);
      const by = c.get('caller')?.name.slice(0, MOST_NAME);
      const saved = await registry.saveSettings(
        { name, ...decided, ...(version !== undefined && { version }), ...(by !== undefined && { by }) },
        { expected },
      );
      return c.json(saved, 200);
    },
  );

  app.openapi({ ...listSettingsRoute, middleware: read }, async (c) =>
    c.json(await registry.listSettings(c.req.valid('param').name, c.req.valid('query')), 200),
  );

  app.openapi({ ...getShadowRoute, middleware: read }, async (c) => {
    const { name } = c.req.valid('param');
    const { shadow = null } = await registry.settings(name);
    const comparisons = parts.inference.shadowed?.(name);
    return c.json(
      { name, shadow, scoresHere: comparisons !== undefined, comparisons: comparisons ?? [] },
      200,
    );
  });

  return app;
}
