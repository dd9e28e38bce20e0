import type { MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';
import { methodNotAllowed } from 'hono/method-not-allowed';
import { requestId } from 'hono/request-id';
import { secureHeaders } from 'hono/secure-headers';
import { registerComponents } from '../openapi/open-api-document.js';
import { PredictionIds } from '../security/prediction-ids.js';
import { RateLimiter } from '../security/rate-limiter.js';
import { accessLog } from './access-log.js';
import { PORTABLE_CODINGS } from './body/content-coding.js';
import { bodyMemoryBytes } from './body/read-body.js';
import { withBodyMemory } from './body/with-body-memory.js';
import { Budget } from './budget.js';
import type { AppEnvironment } from './environment.js';
import { HEALTH_PATHS } from './health-paths.js';
import { identify } from './identify.js';
import { withNearNames } from './near-names-of.js';
import { type App, newApp } from './new-app.js';
import { noStrangePages } from './no-strange-pages.js';
import type { AppParts } from './parts.js';
import { plainAddress } from './plain-address.js';
import { ProblemError, problem } from './problem.js';
import { RecentScores } from './recent-scores.js';
import { recordedInference } from './recorded-inference.js';
import { dataSetRoutes } from './routes/data-sets.js';
import { detectorRoutes } from './routes/detectors.js';
import { feedbackRoutes } from './routes/feedback.js';
import { feedbackExportRoutes } from './routes/feedback-export.js';
import { fileRoutes } from './routes/files.js';
import { jobEventRoutes } from './routes/job-events.js';
import { jobRoutes } from './routes/jobs.js';
import { keptImageRoutes } from './routes/kept-images.js';
import { pageRoutes } from './routes/page.js';
import { predictRoutes } from './routes/predict.js';
import { retrainRoutes } from './routes/retrain.js';
import { serviceRoutes } from './routes/service.js';
import { settingsRoutes } from './routes/settings.js';
import { versionRoutes } from './routes/versions.js';
import { stoppedBy } from './stopped-by.js';
import { withDeadline } from './with-deadline.js';

/** What a host adds: routes in the manner of others, measurements. */
export interface AppExtras {
  /** Sees every request before anything else does, and every answer after. */
  before?: readonly MiddlewareHandler<AppEnvironment>[] | undefined;
  /** Paths of further health checks, which are answered under any name of the service. */
  healthPaths?: readonly string[] | undefined;
  /** Further routes. The parts are the service's own, whose inference also keeps scores for drift. */
  routes?: ((parts: AppParts) => readonly App[]) | undefined;
  /** Around predictions, of callers who may have them. */
  aroundPredict?: ((parts: AppParts) => MiddlewareHandler<AppEnvironment>) | undefined;
}

/**
 * The service as a function of its parts: nothing of a host in it, so that it runs on any, and in tests without a port.
 *
 * @throws ConfigurationError when the secret is too short, or an allowed host is not a host pattern
 */
export function createApp(given: AppParts, extras: AppExtras = {}): App {
  const recent = new RecentScores();
  const inference = recordedInference(given.inference, recent, given.now);
  const parts: AppParts = { ...given, inference, readiness: given.readiness };
  const ids = new PredictionIds(parts.secret);
  const app = newApp();
  for (const each of extras.before ?? []) app.use(each);
  frame(app, parts, new Set([...HEALTH_PATHS, ...(extras.healthPaths ?? [])]));
  registerComponents(app);
  for (const routes of [
    predictRoutes(parts, ids, extras.aroundPredict?.(parts)),
    detectorRoutes(parts),
    versionRoutes(parts),
    settingsRoutes(parts),
    fileRoutes(parts),
    feedbackRoutes(parts, ids, recent),
    keptImageRoutes(parts, ids),
    feedbackExportRoutes(parts),
    dataSetRoutes(parts),
    jobRoutes(parts),
    retrainRoutes(parts),
    jobEventRoutes(parts),
    serviceRoutes(parts, app),
    ...(extras.routes?.(parts) ?? []),
  ]) {
    app.route('/', routes);
  }
  if (parts.page) app.route('/', pageRoutes(parts.page));
  return app;
}

/** What happens to every request, whatever it asks for. The order counts: an outer one sees what an inner one answers. */
function frame(app: App, parts: AppParts, healthPaths: ReadonlySet<string>): void {
  const rateLimiter = new RateLimiter(parts.limits.rate, parts.now);
  app.use(requestId({ limitLength: 128 }));
  app.use(accessLog(parts.logger));
  // Whether there is TLS in front, and for which names, is decided where it is set up.
  app.use(secureHeaders({ overwrite: false, xFrameOptions: 'DENY', strictTransportSecurity: false }));
  if (parts.corsOrigins.length > 0) {
    app.use(
      cors({
        origin: parts.corsOrigins.includes('*') ? '*' : [...parts.corsOrigins],
        allowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'],
        exposeHeaders: ['X-Request-Id', 'Retry-After', 'Location', 'ETag', 'X-Cflow-Forwarded'],
        maxAge: 600,
      }),
    );
  }
  app.use(withDeadline(parts.limits.requestTimeoutMs));
  app.use(plainAddress);
  app.use(noStrangePages({ ...parts, healthPaths }));
  app.use(identify(parts));
  const { contentCodings = PORTABLE_CODINGS } = parts;
  app.use(async (c, next) => {
    c.set('rateLimiter', rateLimiter);
    c.set('contentCodings', contentCodings);
    await next();
  });
  app.use(withBodyMemory(new Budget(bodyMemoryBytes(parts.limits), { onEmpty: parts.giveMemoryBack })));
  app.use(
    methodNotAllowed({
      app,
      onMethodNotAllowed: (c, methods) =>
        problem(
          c,
          new ProblemError('method-not-allowed', `expected ${methods.join(' or ')}, got ${c.req.method}`, {
            headers: { allow: methods.join(', ') },
          }),
        ),
    }),
  );
  app.notFound((c) => problem(c, new ProblemError('not-found', 'there is nothing at this address')));
  // Stopped work reports that in its own words; what counts is why it was stopped.
  app.onError(async (error, c) => {
    const stopped = stoppedBy(c.get('deadline')?.signal);
    return problem(c, stopped ?? (await withNearNames(error, parts.registry, c.get('caller'))));
  });
}
