import type { Inference, InferenceObserver } from '@cflow/inference';
import { createRoute } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { z } from 'zod';
import type { AppEnvironment } from '../app/environment.js';
import { type App, newApp } from '../app/new-app.js';
import type { AppParts } from '../app/parts.js';
import { requires } from '../app/requires.js';
import { KEYS, problems } from '../openapi/responses.js';
import { addDocumented } from './documented.js';

/** Numbers about the service, for Prometheus. */
export interface Metrics {
  /** For the inference: predictions, batches, decoding, waiting, loading. */
  readonly observer: Required<InferenceObserver>;
  /** Its queue and its detectors are what is reported. */
  watch(inference: Pick<Inference, 'status'>): void;
  /** Counts requests by route and status and how long they took; to be used before all others. */
  readonly middleware: MiddlewareHandler<AppEnvironment>;
  /** What they are kept in. */
  readonly registry: { getMetricsAsJSON(): Promise<readonly unknown[]> };
  /** All of them in Prometheus' text format (default), or in OpenMetrics, which has exemplars. */
  scrape(form?: 'prometheus' | 'open-metrics'): Promise<{ contentType: string; body: string }>;
}

/** `GET /metrics`, for callers with the scope `read` where the service has keys. */
export function metricsRoute(metrics: Metrics, parts: Pick<AppParts, 'readiness'>): App {
  const app = newApp();
  const route = createRoute({
    method: 'get',
    path: '/metrics',
    summary: 'Metrics for Prometheus',
    operationId: 'getMetrics',
    tags: ['Service'],
    security: KEYS,
    responses: {
      200: {
        description:
          'In the text format of Prometheus; in OpenMetrics, with request and trace of examples, where `Accept` asks for that',
        content: {
          'text/plain': { schema: z.string() },
          'application/openmetrics-text': { schema: z.string() },
        },
      },
      ...problems(400, 401, 403, 503),
    },
  });
  addDocumented(app, route, [requires(parts, 'read')], async (c) => {
    const open = c.req.header('accept')?.includes('application/openmetrics-text');
    const { contentType, body } = await metrics.scrape(open ? 'open-metrics' : 'prometheus');
    return c.body(body, 200, { 'content-type': contentType, 'cache-control': 'no-store' });
  });
  return app;
}
