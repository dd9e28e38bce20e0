// Nothing here runs before the first request: a Worker may not touch the network, clocks or random numbers while it starts.

import { loggingObserver } from '@cflow/inference';
import { webDevices } from '@cflow/runtime/web';
import { CflowError } from '@cflow/spec';
import { createApp } from '../app/create-app.js';
import type { App } from '../app/new-app.js';
import type { AppParts } from '../app/parts.js';
import { parseRate } from '../configuration/variables.js';
import { hashedApiKeys, parseApiKeys } from '../security/hashed-api-keys.js';
import { ipAddress } from '../security/ip-address.js';
import { sharedSecret } from '../security/shared-secret.js';
import type { Fetcher, WorkerContext, WorkerEnvironment } from './bindings.js';
import { consoleLogger } from './console-logger.js';
import { EdgeInference } from './edge-inference.js';
import { forwardToUpstream } from './forward-to-upstream.js';
import { imagesInThisThread } from './images-in-this-thread.js';
import { detectorBudget, workerMemory } from './memory-budget.js';
import { openRegistry } from './open-registry.js';
import { portableImageCodecs } from './portable-image-codecs.js';
import { upstreamService } from './upstream.js';
import { type WasmModule, wasmEngine } from './wasm-engine.js';
import { readWorkerVariables } from './worker-configuration.js';

export interface WorkerOptions {
  wasm: {
    /** `onnxruntime-web/ort-wasm-simd-threaded.wasm`, imported as a module. */
    onnxRuntime: WasmModule;
    /** `@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm`, imported as a module. */
    jpeg: WasmModule;
  };
  /** Of your program, for its description. Default `0.0.0`. */
  version?: string | undefined;
}

/** What a Worker's module exports as its default. */
export interface CflowWorker {
  fetch(request: Request, env: WorkerEnvironment, context: WorkerContext): Promise<Response>;
}

interface Running {
  app: App;
  inference: EdgeInference;
}

const MEGABYTE = 1_000_000;
const MEGAPIXEL = 2 ** 20;

/**
 * The service as a Cloudflare Worker. Where its detectors come from, its keys and limits are variables and bindings,
 * see `workerVariablesSchema`; bindings are `CFLOW_BUCKET` (R2), `ASSETS` and `CFLOW_UPSTREAM` (a service).
 */
export function createWorker(options: WorkerOptions): CflowWorker {
  const engine = wasmEngine(options.wasm.onnxRuntime);
  let running: Running | undefined;
  return {
    async fetch(request, env, context) {
      try {
        // Two first requests may both come here; the second one finds what the first one has made.
        if (!running) {
          const secret = await secretOf(env);
          running ??= start(env, secret, options, engine);
        }
      } catch (error) {
        return notConfigured(error);
      }
      const { app, inference } = running;
      const answered = Promise.resolve(app.fetch(request, env, context as never));
      // A client that goes would take a bundle that others wait for along.
      context.waitUntil(
        answered.then(
          () => inference.idle(),
          () => inference.idle(),
        ),
      );
      return answered;
    },
  };
}

async function secretOf(env: WorkerEnvironment): Promise<Uint8Array> {
  const variables = readWorkerVariables(env);
  const { objects } = openRegistry(env, variables);
  if (variables.CFLOW_SECRET) return new TextEncoder().encode(variables.CFLOW_SECRET);
  return objects ? sharedSecret(objects) : crypto.getRandomValues(new Uint8Array(32));
}

function start(
  env: WorkerEnvironment,
  secret: Uint8Array,
  { wasm, version = '0.0.0' }: WorkerOptions,
  engine: ReturnType<typeof wasmEngine>,
): Running {
  const variables = readWorkerVariables(env);
  const logger = consoleLogger(variables.CFLOW_LOG_LEVEL ?? 'info');
  const { registry } = openRegistry(env, variables);
  const now = (): number => performance.now();
  const observer = loggingObserver(logger, {
    loaded: () => logger.info({ wasmBytes: engine.memoryBytes() }, 'memory of the engine'),
  });
  const devices = webDevices({
    load: async () => engine.ort,
    onDeviceLost: (_, reason) => {
      logger.error({ reason }, 'the engine stopped');
      inference.engineLost();
    },
  }).filter(({ device }) => device === 'wasm');
  const pixels = (variables.CFLOW_MAX_MEGAPIXELS ?? 2) * MEGAPIXEL;
  const bodyBytes = (variables.CFLOW_MAX_BODY_MB ?? 8) * MEGABYTE;
  const inference = new EdgeInference({
    registry,
    devices: async () => devices,
    images: imagesInThisThread(portableImageCodecs(wasm.jpeg, { pixels, bytes: bodyBytes })),
    capacity: variables.CFLOW_QUEUE ?? 16,
    memoryBytes: detectorBudget((variables.CFLOW_MEMORY_MB ?? 128) * MEGABYTE),
    estimate: workerMemory,
    overlaySide: 1024,
    aliasFreshMs: 10_000,
    observer,
    now,
    poolOptions: () => ({
      lanes: 1,
      batchSizes: [1],
      warmSizes: [],
      maxWaitMs: 0,
      headOptions: { foldConstants: false },
      now,
      observer,
    }),
  });
  const { CFLOW_UPSTREAM_URL: upstreamUrl, CFLOW_API_KEYS: keys } = variables;
  const fetcher = env.CFLOW_UPSTREAM as Fetcher | undefined;
  const upstream =
    upstreamUrl === undefined && fetcher === undefined
      ? undefined
      : upstreamService({
          // A binding resolves no names; this one every service takes for its own.
          baseUrl: upstreamUrl ?? 'https://upstream.localhost',
          apiKey: variables.CFLOW_UPSTREAM_KEY,
          fetcher,
        });
  const parts: AppParts = {
    version,
    registry,
    inference,
    keys: keys === undefined ? undefined : hashedApiKeys(parseApiKeys(keys, 'CFLOW_API_KEYS')),
    // Set by Cloudflare, whatever the client says.
    clientAddress: (c) => ipAddress(c.req.header('cf-connecting-ip') ?? ''),
    allowedHosts: variables.CFLOW_ALLOWED_HOSTS ?? (keys === undefined ? [] : undefined),
    secret,
    limits: {
      bodyBytes,
      // An edge that forwards holds a body twice: as it came, and what was made of it.
      bodyMemoryBytes: variables.CFLOW_BODY_MEMORY_MB
        ? variables.CFLOW_BODY_MEMORY_MB * MEGABYTE
        : 2 * bodyBytes,
      uploadBytes: (variables.CFLOW_MAX_UPLOAD_MB ?? 24) * MEGABYTE,
      requestTimeoutMs: (variables.CFLOW_REQUEST_TIMEOUT_SECONDS ?? 30) * 1000,
      bodyTimeoutMs: 30_000,
      rate: variables.CFLOW_RATE ? parseRate(variables.CFLOW_RATE) : null,
    },
    readiness: { state: 'ready', detail: 'ready' },
    now: Date.now,
    logger,
    corsOrigins: variables.CFLOW_CORS_ORIGINS ?? [],
  };
  const { limits } = parts;
  const app = createApp(parts, {
    aroundPredict: () =>
      forwardToUpstream({ elsewhere: (...args) => inference.elsewhere(...args), upstream, limits }),
  });
  return { app, inference };
}

/** The reason is for the operator, who reads the log. */
function notConfigured(error: unknown): Response {
  console.error(JSON.stringify({ level: 'error', msg: 'the Worker cannot start', error: String(error) }));
  const configuration = CflowError.isInstance(error) && error.code === 'configuration';
  const code = configuration ? 'not-ready' : 'unavailable';
  const detail = configuration
    ? 'the Worker is not configured; its log says what is missing'
    : 'the Worker cannot reach its storage; try again';
  return new Response(
    JSON.stringify({
      type: `urn:cflow:problem:${code}`,
      title: 'Service not ready',
      status: 503,
      detail,
      code,
      requestId: '',
    }),
    {
      status: 503,
      headers: {
        'content-type': 'application/problem+json',
        'cache-control': 'no-store',
        'retry-after': '5',
      },
    },
  );
}
