import type { StartTrace } from '@cflow/spec';
import type { AppExtras } from '../app/create-app.js';
import type { App } from '../app/new-app.js';
import type { AppParts } from '../app/parts.js';
import { streamRoutes } from '../app/routes/stream.js';
import { traceRequests } from '../app/trace-requests.js';
import { type Metrics, metricsRoute } from '../compat/metrics-route.js';
import { openInferenceErrors } from '../compat/open-inference/open-inference-errors.js';
import { openInferenceRoutes } from '../compat/open-inference/open-inference-routes.js';
import { pingRoute } from '../compat/ping-route.js';
import { sageMakerRoutes } from '../compat/sage-maker-routes.js';
import { vertexRoutes } from '../compat/vertex-routes.js';
import type { ServiceEnvironment } from './service-configuration.js';

/** What the service on Node has beside its core: measurements, and routes in the manner of the hosts. */
export function hostExtras(
  metrics: Metrics,
  environment: ServiceEnvironment,
  startTrace?: StartTrace | undefined,
): AppExtras {
  return {
    healthPaths: environment.AIP_HEALTH_ROUTE === undefined ? [] : [environment.AIP_HEALTH_ROUTE],
    // Traces first: the numbers of a request name its trace.
    before: [...(startTrace ? [traceRequests(startTrace)] : []), metrics.middleware, openInferenceErrors],
    routes: (parts) => hostRoutes(parts, metrics, environment),
  };
}

/** One image runs under each of their contracts. */
function hostRoutes(parts: AppParts, metrics: Metrics, environment: ServiceEnvironment): readonly App[] {
  const { AIP_PREDICT_ROUTE: predictRoute, AIP_HEALTH_ROUTE: healthRoute, PORT_HEALTH: runPod } = environment;
  return [
    openInferenceRoutes(parts),
    // RunPod tells a starting worker from a broken one by 204; others take any 2xx for ready.
    pingRoute(parts, { whileStarting: runPod === undefined ? 503 : 204 }),
    sageMakerRoutes(parts),
    ...(predictRoute === undefined
      ? []
      : [vertexRoutes(parts, { predictRoute, ...(healthRoute !== undefined && { healthRoute }) })]),
    streamRoutes(parts),
    metricsRoute(metrics, parts),
  ];
}
