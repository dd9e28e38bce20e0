import { driftTest } from '@cflow/evaluation';
import { DEFAULT_ALIAS, type Drift, type Feedback } from '@cflow/spec';
import {
  deleteFeedbackRoute,
  getDriftRoute,
  giveFeedbackRoute,
  listFeedbackRoute,
} from '../../openapi/feedback-routes.js';
import type { PredictionIds } from '../../security/prediction-ids.js';
import { jsonBody } from '../json/json-body.js';
import { type App, newApp } from '../new-app.js';
import type { AppParts } from '../parts.js';
import type { RecentScores } from '../recent-scores.js';
import { requires } from '../requires.js';
import { signedFacts } from '../signed-facts.js';

/** Characters of a key's name that are kept. */
const MOST_NAME = 200;

const instant = (milliseconds: number): string => new Date(milliseconds).toISOString();

/** What people say of predictions, and whether scores drift. */
export function feedbackRoutes(parts: AppParts, ids: PredictionIds, recent: RecentScores): App {
  const app = newApp();
  const { registry } = parts;
  const read = [requires(parts, 'read')];

  app.openapi(
    { ...giveFeedbackRoute, middleware: [requires(parts, 'predict'), jsonBody(parts.limits)] },
    async (c) => {
      const { id } = c.req.valid('param');
      const { label, note, regions } = c.req.valid('json');
      const { time, ...facts } = await signedFacts(ids, id);
      const by = c.get('caller')?.name.slice(0, MOST_NAME);
      const feedback: Feedback = {
        prediction: id,
        ...facts,
        label,
        ...(note !== undefined && { note }),
        ...(regions && { regions }),
        ...(by !== undefined && { by }),
        predictedAt: instant(time),
        createdAt: instant(parts.now()),
      };
      await registry.addFeedback(feedback);
      return c.json(feedback, 201);
    },
  );

  app.openapi({ ...deleteFeedbackRoute, middleware: [requires(parts, 'admin')] }, async (c) => {
    const { id } = c.req.valid('param');
    const { name, version } = await signedFacts(ids, id);
    await registry.deleteFeedback({ name, version, prediction: id });
    return c.body(null, 204);
  });

  app.openapi({ ...listFeedbackRoute, middleware: read }, async (c) => {
    const { name } = c.req.valid('param');
    const { version: reference, ...page } = c.req.valid('query');
    const version = reference && (await registry.resolve(name, reference));
    return c.json(await registry.listFeedback(name, { ...page, version }), 200);
  });

  app.openapi({ ...getDriftRoute, middleware: read }, async (c) => {
    const { name } = c.req.valid('param');
    const version = await registry.resolve(name, c.req.valid('query').version ?? DEFAULT_ALIAS);
    const { manifest } = await registry.version(name, version);
    const calibration = manifest.calibration.score;
    const { scores, since } = recent.of(name, version);
    const test = scores.length > 0 ? driftTest(calibration, scores) : { statistic: null, pValue: null };
    const drift: Drift = {
      name,
      version,
      method: 'kolmogorov-smirnov',
      samples: scores.length,
      calibrationSamples: calibration.count,
      ...test,
      since: since === undefined ? null : instant(since),
    };
    return c.json(drift, 200);
  });

  return app;
}
