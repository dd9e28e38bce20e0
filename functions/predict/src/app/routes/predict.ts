import { inSpan } from '@cflow/inference';
import type { MiddlewareHandler } from 'hono';
import { predictManyRoute, predictRoute } from '../../openapi/predict-routes.js';
import type { PredictionIds } from '../../security/prediction-ids.js';
import { answerPredict } from '../answer-predict.js';
import type { AppEnvironment } from '../environment.js';
import { type App, newApp } from '../new-app.js';
import type { AppParts } from '../parts.js';
import { readPredictRequest } from '../predict-request.js';
import { ProblemError } from '../problem.js';
import { requires } from '../requires.js';

/** Predictions. */
export function predictRoutes(
  parts: AppParts,
  ids: PredictionIds,
  around?: MiddlewareHandler<AppEnvironment>,
): App {
  const app = newApp();
  const middleware = [requires(parts, 'predict'), ...(around ? [around] : [])];

  app.openapi({ ...predictRoute, middleware }, async (c) => {
    const { detector } = c.req.valid('param');
    const request = await inSpan(c.get('span')?.begin('read'), () =>
      readPredictRequest(c, parts, c.req.valid('query')),
    );
    if (request.detectors) {
      throw new ProblemError(
        'invalid-request',
        'detectors: the address names the detector already; POST /v1/predict takes several',
      );
    }
    return c.json(await answerPredict(c, parts, ids, { ...request, detectors: [detector] }), 200);
  });

  app.openapi({ ...predictManyRoute, middleware }, async (c) => {
    const request = await inSpan(c.get('span')?.begin('read'), () =>
      readPredictRequest(c, parts, c.req.valid('query')),
    );
    const { detectors = [] } = request;
    return c.json(await answerPredict(c, parts, ids, { ...request, detectors }), 200);
  });

  return app;
}
