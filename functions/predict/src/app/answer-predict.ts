import type { InferenceRequest } from '@cflow/inference';
import {
  CflowError,
  detectorListSchema,
  type PredictRequestOptions,
  type PredictResponse,
  parseDetectorReference,
} from '@cflow/spec';
import type { Context } from 'hono';
import type { PredictionIds } from '../security/prediction-ids.js';
import type { AppEnvironment } from './environment.js';
import type { AppParts } from './parts.js';
import { invalid, ProblemError, problemErrorOf } from './problem.js';

/** Scores what a request asks for, and signs each prediction for feedback on it. */
export async function answerPredict(
  c: Context<AppEnvironment>,
  parts: Pick<AppParts, 'inference' | 'now'>,
  ids: PredictionIds,
  request: {
    images: InferenceRequest['images'];
    /** As written: name or name@reference. */
    detectors: readonly string[];
    options: PredictRequestOptions;
  },
): Promise<PredictResponse> {
  const { images, options } = request;
  const list = detectorListSchema.safeParse(request.detectors);
  if (!list.success) throw invalid(list.error, 'detectors');
  const detectors = list.data.map(
    (each) => parseDetectorReference(each) as { name: string; reference: string },
  );
  const { signal } = c.get('deadline');
  return {
    predictions: await scoredImages(parts, ids, { images, detectors, options, signal, span: c.get('span') }),
  };
}

/** The predictions of a request, each signed for feedback on it. */
export async function scoredImages(
  parts: Pick<AppParts, 'inference' | 'now'>,
  ids: PredictionIds,
  request: InferenceRequest,
): Promise<PredictResponse['predictions']> {
  const results = await parts.inference.predict(request).catch((error) => {
    throw namedDevice(error, request.options.device);
  });
  const time = parts.now();
  return Promise.all(
    results.map(async (result) => {
      const { name, version } = result.detector;
      return { id: await ids.sign({ name, version, score: result.score, time }), ...result };
    }),
  );
}

// A request for a device that is not there is the caller's fault; that no device works is the service's.
function namedDevice(error: unknown, device: string): unknown {
  if (device === 'auto' || !CflowError.isInstance(error) || error.code !== 'device') return error;
  const { message, attempts } = problemErrorOf(error);
  return new ProblemError('device', message, { status: 422, attempts, cause: error });
}
