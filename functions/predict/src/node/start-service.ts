// The service on Node: reads the environment, puts the parts together, listens, loads. The order matters for a cold start:
// a request that comes before its detector is loaded waits for it, and what no prediction needs, such as the job database,
// comes last.
import { existsSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { megapixelLimits } from '@cflow/images';
import { createNodeInference } from '@cflow/inference/node';
import type { DeviceCandidate } from '@cflow/runtime';
import { BUNDLE_FILES, DEFAULT_ALIAS, DeviceError, type StartTrace } from '@cflow/spec';
import { ObjectRegistry } from '@cflow/store';
import { createApp } from '../app/create-app.js';
import { HEALTH_PATHS } from '../app/health-paths.js';
import type { AppParts } from '../app/parts.js';
import { createMetrics } from '../compat/metrics.js';
import { parseRate } from '../configuration/variables.js';
import { sharedSecret } from '../security/shared-secret.js';
import { bodyMemory } from './body-memory.js';
import { keepStoreClean } from './clean-store.js';
import { clientAddress } from './client-address.js';
import { nodeCodings } from './content-codings.js';
import { deviceFailing, deviceMissing } from './device-check.js';
import { hostExtras } from './host-routes.js';
import { startHttpServer } from './http-server.js';
import { loadPage } from './load-page.js';
import { memoryReturn } from './memory-return.js';
import { mostConnections } from './most-connections.js';
import { openStore } from './open-store.js';
import { preloadDetectors } from './preload-detectors.js';
import { type PublishedBundle, publishBundles } from './publish-bundles.js';
import { readKeys } from './read-keys.js';
import { type ServiceBreakdown, whenBroken } from './service-breakdown.js';
import { requireReference, type ServiceEnvironment } from './service-configuration.js';
import { type InspectDataSet, type StartWorker, serviceJobs } from './service-jobs.js';
import { createServiceLog } from './service-logger.js';
import { ServiceReadiness } from './service-readiness.js';

export interface ServiceOptions {
  environment: ServiceEnvironment;
  /** Of the program, for its description. */
  version: string;
  /** Starts a training worker in this process; left out where none is wanted. */
  startWorker?: StartWorker;
  /** Looks at data sets before they are trained on; left out, it is not offered. */
  inspectDataSet?: InspectDataSet;
  /** Records requests and numbers; left out, nothing is. */
  telemetry?: ServiceTelemetry | undefined;
  /** Default: the devices of this machine. For tests that make one fail. */
  devices?: readonly DeviceCandidate[];
  /** Milliseconds without a lane that scores until the process is dead, and until it ends. Default 60 000 and 90 000. */
  stalled?: { deadMs: number; endMs: number };
}

/** Where what is recorded goes. */
export interface ServiceTelemetry {
  startTrace: StartTrace | undefined;
  sendMetrics(registry: { getMetricsAsJSON(): Promise<readonly unknown[]> }): void;
  /** Called when the service has ended. */
  close(): Promise<void>;
}

export interface Service {
  /** Address of the page and the API. */
  readonly url: string;
  /** Resolves when every preloaded detector is warm; rejects when one cannot be. */
  readonly ready: Promise<void>;
  /** Resolves when only a new process can go on; never, while this one can. */
  readonly broken: Promise<ServiceBreakdown>;
  /**
   * Drains and ends. False when something did not end in its time and keeps running, such as a thread that hangs in native
   * code: then the process must be killed. May be called again.
   */
  close(): Promise<boolean>;
}

/** Where SageMaker puts the model of an endpoint. */
const SAGEMAKER_MODEL = '/opt/ml/model';
/** A job that is about to end may; any other needs what hosts leave of their time to keep its checkpoint. */
const TRAINING_GRACE_MS = 2000;
/** For the last entries of the log, where somebody takes them. */
const LOG_FLUSH_MS = 300;
/** After the time of the requests, for the device and the database to be closed. */
const OVERTIME_MS = 1400;
const CLEAN_MS = 6 * 3_600_000;
const DAY_MS = 86_400_000;
const MEGABYTE = 1_000_000;
/** Of a port that only health checks come to. */
const HEALTH_CONNECTIONS = 64;

/**
 * Starts the service on Node: publishes the bundles that were named, listens, and loads detectors meanwhile.
 * @throws ConfigurationError, or StorageError when the store cannot be reached
 */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { environment, version, startWorker, inspectDataSet, devices, stalled, telemetry } = options;
  const log = createServiceLog(environment.CFLOW_LOG_LEVEL ?? 'info');
  const { logger } = log;
  // Of the process, and of the lanes' processes, which it starts.
  if (environment.CFLOW_PRECISION_MODE) process.env.CFLOW_PRECISION_MODE = environment.CFLOW_PRECISION_MODE;
  const host = environment.HOST ?? '127.0.0.1';
  const keys = await readKeys(environment, host);
  const { objects, folder } = openStore(environment);
  const registry = new ObjectRegistry(objects);
  const bundles = bundlesOf(environment);
  const readiness = new ServiceReadiness(stalled?.deadMs);
  const metrics = createMetrics({ droppedLogEntries: log.dropped });
  telemetry?.sendMetrics(metrics.registry);
  const inference = createNodeInference({
    registry,
    device: environment.CFLOW_DEVICE,
    threads: environment.CFLOW_THREADS,
    cudaDevice: environment.CFLOW_CUDA_DEVICE,
    lanes: environment.CFLOW_LANES,
    batchSizes: environment.CFLOW_BATCH_SIZES,
    capacity: environment.CFLOW_QUEUE,
    memoryBytes: environment.CFLOW_MEMORY_MB && environment.CFLOW_MEMORY_MB * MEGABYTE,
    imageMemoryBytes: environment.CFLOW_IMAGE_MEMORY_MB && environment.CFLOW_IMAGE_MEMORY_MB * MEGABYTE,
    imageLimits: megapixelLimits(environment.CFLOW_MAX_MEGAPIXELS),
    isolation: environment.CFLOW_ISOLATION,
    loadsSoon: bundles.length > 0 || environment.CFLOW_PRELOAD?.some((each) => each !== 'none'),
    runTimeoutMs: milliseconds(environment.CFLOW_RUN_TIMEOUT_SECONDS),
    loadTimeoutMs: milliseconds(environment.CFLOW_LOAD_TIMEOUT_SECONDS),
    devices,
    observer: metrics.observer,
    logger,
  });
  // Before anybody can ask for them: a detector that was named is there as soon as the service is.
  const published = await publishBundles(registry, bundles).catch(async (error: unknown) => {
    await inference.close();
    throw error;
  });
  metrics.watch(inference);
  const bodyBytes = (environment.CFLOW_MAX_BODY_MB ?? 64) * MEGABYTE;
  readiness.watch(() => inference.status().health);
  const allowPrivate = environment.CFLOW_PRIVATE_NETWORKS ?? [];
  // Loaded where it is used only: its HTTP client takes a tenth of a second of a cold start.
  const urls =
    environment.CFLOW_FETCH_HOSTS &&
    (await import('@cflow/guarded-fetch')).createGuardedFetch({
      allow: environment.CFLOW_FETCH_HOSTS,
      allowPrivate,
    });
  const state = environment.CFLOW_STATE ?? (folder && join(folder, '.state'));
  const offersJobs = (environment.CFLOW_TRAIN ?? 'here') !== 'off';
  const jobs = offersJobs
    ? serviceJobs({ environment, state, registry, objects, urls, logger, startWorker, inspectDataSet })
    : undefined;
  const dataSetLifeMs = (environment.CFLOW_DATA_SET_DAYS ?? 7) * DAY_MS;
  const parts: AppParts = {
    version,
    registry,
    inference,
    jobs: jobs?.jobs,
    webhooks: jobs?.here !== true || environment.CFLOW_WEBHOOK_SECRET !== undefined,
    objects: offersJobs ? objects : undefined,
    inspectDataSet: jobs?.inspectDataSet,
    dataSetLifeMs,
    keys,
    contentCodings: nodeCodings(),
    clientAddress: clientAddress({ trustProxy: environment.CFLOW_TRUST_PROXY ?? false }),
    fetchUrl: urls && ((url, options) => urls.fetchBytes(url, options)),
    secret: environment.CFLOW_SECRET
      ? new TextEncoder().encode(environment.CFLOW_SECRET)
      : await sharedSecret(objects),
    limits: {
      bodyBytes,
      bodyMemoryBytes: bodyMemory(environment.CFLOW_BODY_MEMORY_MB, bodyBytes),
      uploadBytes: (environment.CFLOW_MAX_UPLOAD_MB ?? 8192) * MEGABYTE,
      keptImageBytes: environment.CFLOW_KEPT_IMAGES_MB && environment.CFLOW_KEPT_IMAGES_MB * MEGABYTE,
      requestTimeoutMs: (environment.CFLOW_REQUEST_TIMEOUT_SECONDS ?? 30) * 1000,
      bodyTimeoutMs: 30_000,
      rate: environment.CFLOW_RATE ? parseRate(environment.CFLOW_RATE) : null,
    },
    giveMemoryBack: memoryReturn(),
    readiness,
    now: Date.now,
    logger,
    corsOrigins: environment.CFLOW_CORS_ORIGINS ?? [],
    page: await loadPage(),
    defaultDetector: defaultDetectorOf(environment, published),
    thisMachineOnly: keys === undefined && environment.CFLOW_ANONYMOUS !== true,
    allowedHosts: allowedHostsOf(environment, host, keys !== undefined),
  };
  const extras = hostExtras(metrics, environment, telemetry?.startTrace);
  const app = createApp(parts, extras);
  const listen = (port: number, most: number) =>
    startHttpServer({
      fetch: (request, env) => app.fetch(request, env as never),
      host,
      port,
      healthPaths: [...HEALTH_PATHS, ...(extras.healthPaths ?? [])],
      connections: { most },
    });
  const most = mostConnections(environment.CFLOW_MAX_CONNECTIONS);
  const server = await listen(environment.PORT ?? environment.AIP_HTTP_PORT ?? 8080, most);
  const { PORT_HEALTH: healthPort } = environment;
  const health =
    healthPort === undefined || healthPort === server.port
      ? undefined
      : await listen(healthPort, Math.min(most, HEALTH_CONNECTIONS)).catch(async (error: unknown) => {
          await server.close(0);
          throw error;
        });
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${server.port}`;
  logger.info({ url, store: objects.name, keys: keys !== undefined }, 'listening');

  const refuse = (reason: string): never => {
    readiness.failed(`the device ${environment.CFLOW_DEVICE} cannot be used: ${reason}`);
    throw new DeviceError('the device that was named cannot be used', [
      { device: environment.CFLOW_DEVICE ?? 'auto', reason },
    ]);
  };
  const ready = (async () => {
    const named = { device: environment.CFLOW_DEVICE, devices };
    const missing = await deviceMissing(named);
    if (missing !== undefined) refuse(missing);
    await preloadDetectors({
      registry,
      inference,
      readiness,
      logger,
      wanted: environment.CFLOW_PRELOAD,
      published: published.map(({ name }) => name),
    });
    // A detector that is warm has tried the device. Without one it is not ready either before somebody has.
    const failing = inference.status().detectors.length === 0 ? await deviceFailing(named) : undefined;
    if (failing !== undefined) refuse(failing);
    readiness.ready();
    logger.info({ detectors: inference.status().detectors.length }, 'ready');
    await jobs?.resume();
  })();
  const ending = new AbortController();
  // Callers who need to know await `ready`; the service itself stays up and says so at /readyz.
  ready.catch((error: unknown) => {
    readiness.failed('a detector that was to be preloaded cannot be loaded');
    logger.error({ error: inOneLine(error) }, 'not ready');
  });

  const clean = { objects, registry, jobs: jobs?.jobs, dataSetLifeMs, logger, now: Date.now };
  // Nobody waits for it.
  ready.then(
    () => keepStoreClean({ ...clean, signal: ending.signal }, CLEAN_MS),
    () => {},
  );

  const graceMs = (environment.CFLOW_DRAIN_SECONDS ?? 8) * 1000;
  const end = async (): Promise<void> => {
    await Promise.all([
      server.close(graceMs),
      health?.close(graceMs),
      jobs?.stop(Math.min(graceMs, TRAINING_GRACE_MS)),
    ]);
    await inference.close();
    await jobs?.jobs.close();
  };
  const close = async (): Promise<boolean> => {
    readiness.draining();
    ending.abort();
    logger.info({ graceMs }, 'draining');
    const inTime = await endsWithin(end(), graceMs + OVERTIME_MS);
    const { abandoned } = inference.status().health;
    if (inTime && abandoned === 0) logger.info({}, 'ended');
    else logger.error({ inTime, abandoned }, 'not everything has ended in its time');
    await telemetry?.close();
    await log.close(LOG_FLUSH_MS);
    return inTime && abandoned === 0;
  };
  let closed: Promise<boolean> | undefined;
  const broken = whenBroken(() => inference.status().health, { signal: ending.signal, ...stalled });
  void broken.then(({ reason, exitCode }) =>
    logger.error({ reason, exitCode }, 'this process cannot continue'),
  );
  return { url, ready, broken, close: () => (closed ??= close()) };
}

/** Whether it has ended by then; what it ends with is thrown. */
async function endsWithin(work: Promise<void>, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds);
  });
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

function inOneLine(error: unknown): string {
  return String(error).replace(/\s+/g, ' ');
}

function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}

/** Where there are no keys: those that are named, and the one that it was told to listen on. */
function allowedHostsOf(
  { CFLOW_ALLOWED_HOSTS: named }: ServiceEnvironment,
  host: string,
  hasKeys: boolean,
): readonly string[] | undefined {
  return hasKeys ? named : [...(named ?? []), ...(isIP(host) === 0 ? [host] : [])];
}

/** The detector that was named, or the only one that the service was started with. */
function defaultDetectorOf(
  { CFLOW_DEFAULT_DETECTOR: named }: ServiceEnvironment,
  published: readonly PublishedBundle[],
): AppParts['defaultDetector'] {
  if (named !== undefined) return requireReference(named);
  const [only, ...more] = published;
  return only && more.length === 0 ? { name: only.name, reference: DEFAULT_ALIAS } : undefined;
}

/** The bundles that were named, or the one that SageMaker has brought. */
function bundlesOf(environment: ServiceEnvironment): readonly string[] {
  if (environment.CFLOW_BUNDLES) return environment.CFLOW_BUNDLES;
  return existsSync(join(SAGEMAKER_MODEL, BUNDLE_FILES.manifest)) ? [SAGEMAKER_MODEL] : [];
}
