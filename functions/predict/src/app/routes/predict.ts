import { CflowError, detectorListSchema, type PredictResponse, parseDetectorReference } from '@cflow/spec';
import type { Context } from 'hono';
import { predictManyRoute, predictRoute } from '../../openapi/predict-routes.js';
import type { PredictionIds } from '../../security/prediction-ids.js';
import type { AppEnvironment } from '../environment.js';
import { type App, newApp } from '../new-app.js';
import type { AppParts } from '../parts.js';
import { type PredictRequest, readPredictRequest } from '../predict-request.js';
import { invalid, ProblemError, problemErrorOf } from '../problem.js';
import { requires } from '../requires.js';

/** Predictions. */
export function predictRoutes(parts: AppParts, ids: PredictionIds): App {
  const app = newApp();
  const middleware = [requires(parts, 'predict')];

  app.openapi({ ...predictRoute, middleware }, async (c) => {
    const { detector } = c.req.valid('param');
    const request = await readPredictRequest(c, parts, c.req.valid('query'));
    if (request.detectors) {
      throw new ProblemError(
        'invalid-request',
        'detectors: the address names the detector already; POST /v1/predict takes several',
      );
    }
    return c.json(await answer(c, request, [detector]), 200);
  });

  app.openapi({ ...predictManyRoute, middleware }, async (c) => {
    const request = await readPredictRequest(c, parts, c.req.valid('query'));
    return c.json(await answer(c, request, request.detectors ?? []), 200);
  });

  async function answer(
    c: Context<AppEnvironment>,
    { images, options }: PredictRequest,
    named: readonly string[],
  ): Promise<PredictResponse> {
    const list = detectorListSchema.safeParse(named);
    if (!list.success) throw invalid(list.error, 'detectors');
    const detectors = list.data.map(
      (each) => parseDetectorReference(each) as { name: string; reference: string },
    );
    const { signal } = c.get('deadline');
    const results = await parts.inference.predict({ images, detectors, options, signal }).catch((error) => {
      throw namedDevice(error, options.device);
    });
    const time = parts.now();
    const predictions = await Promise.all(
      results.map(async (result) => {
        const { name, version } = result.detector;
        return { id: await ids.sign({ name, version, score: result.score, time }), ...result };
      }),
    );
    return { predictions };
  }
  return app;
}

// Whoever names a device that is not there asks for something else; that none works is the service's fault.
function namedDevice(error: unknown, device: string): unknown {
  if (device === 'auto' || !CflowError.isInstance(error) || error.code !== 'device') return error;
  const { message, attempts } = problemErrorOf(error);
  return new ProblemError('device', message, { status: 422, headers: {}, attempts, cause: error });
}
