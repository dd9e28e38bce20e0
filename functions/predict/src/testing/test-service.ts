// A whole service for tests, with the routes of all hosts: real bundles in a real registry, real inference, real jobs;
// only the store is in memory.
import { makeBundle, memoryBundle, testImage } from '@cflow/detector/testing';
import { createNodeInference } from '@cflow/inference/node';
import { openJobs } from '@cflow/jobs';
import { ObjectRegistry } from '@cflow/store';
import { memoryObjectStore } from '@cflow/store/testing';
import { encodePng } from '@cflow/visual/node';
import { createApp } from '../app/create-app.js';
import type { AppParts } from '../app/parts.js';
import { createMetrics } from '../compat/metrics.js';
import { hostExtras } from '../node/host-routes.js';
import { readServiceEnvironment } from '../node/service-configuration.js';
import { openApiDocument } from '../openapi/open-api-document.js';
import { SCOPES } from '../security/api-keys.js';
import { createApiKey, hashedApiKeys } from '../security/hashed-api-keys.js';
import { ResponseRecorder } from './response-recorder.js';

/** Where Vertex AI asks. */
export const VERTEX = {
  health: '/v1/endpoints/12/deployedModels/34',
  predict: '/v1/endpoints/12/deployedModels/34:predict',
} as const;

/** A detector `wood` with two versions, the newer one `latest`, the older one `stable`; and `steel` with one. */
export async function createTestService() {
  const objects = memoryObjectStore();
  const registry = new ObjectRegistry(objects);
  const bundles = await Promise.all([
    makeBundle({ name: 'wood', seed: 0 }),
    makeBundle({ name: 'wood', seed: 1 }),
    makeBundle({ name: 'steel', seed: 2 }),
  ]);
  const publish = async (name: string, index: number, alias: string): Promise<string> => {
    const version = await registry.stage(name, memoryBundle(bundles[index] as Map<string, Uint8Array>));
    await registry.publish(name, version, { alias });
    return version;
  };
  const old = await publish('wood', 0, 'stable');
  const latest = await publish('wood', 1, 'latest');
  await publish('steel', 2, 'latest');
  const metrics = createMetrics();
  const inference = createNodeInference({
    registry,
    device: 'cpu',
    threads: 1,
    lanes: 1,
    imageThreads: 1,
    observer: metrics.observer,
  });
  metrics.watch(inference);
  const jobs = await openJobs({ database: { memory: true } });
  const logged: { fields: Record<string, unknown>; message: string }[] = [];
  const log = (fields: Record<string, unknown>, message: string): void =>
    void logged.push({ fields, message });
  const readiness: { state: AppParts['readiness']['state']; detail: string } = { state: 'ready', detail: '' };
  const parts: AppParts = {
    version: '0.1.0',
    registry,
    inference,
    jobs,
    objects,
    secret: new Uint8Array(32).fill(7),
    limits: {
      bodyBytes: 2 ** 20,
      uploadBytes: 2 ** 24,
      requestTimeoutMs: 20_000,
      bodyTimeoutMs: 5_000,
      rate: null,
    },
    readiness,
    now: Date.now,
    logger: { debug: log, info: log, warn: log, error: log },
    corsOrigins: [],
    defaultDetector: { name: 'wood', reference: 'latest' },
  };
  // All hosts at once, so that all of their routes are there.
  const environment = readServiceEnvironment({
    AIP_PREDICT_ROUTE: VERTEX.predict,
    AIP_HEALTH_ROUTE: VERTEX.health,
    PORT_HEALTH: '8081',
  });
  const extras = hostExtras(metrics, environment);
  const keys = Object.fromEntries(
    await Promise.all(SCOPES.map(async (scope) => [scope, await createApiKey()] as const)),
  );
  const apiKeys = hashedApiKeys(
    SCOPES.map((scope) => ({ name: scope, sha256: keys[scope]?.sha256 as string, scopes: [scope] })),
  );
  const recorder = new ResponseRecorder(openApiDocument(createApp(parts, extras), parts.version));
  return {
    parts,
    extras,
    bundles,
    versions: { old, latest },
    logged,
    readiness,
    recorder,
    /** One key for each scope, by its name. */
    keyOf: (scope: string): string => keys[scope]?.key as string,
    apiKeys,
    /** An app of the same parts, some of them changed. Its answers are recorded. */
    app(changes: Partial<AppParts> = {}) {
      return recorder.record(createApp({ ...parts, ...changes }, extras));
    },
    async close(): Promise<void> {
      await inference.close();
      await jobs.close();
    },
  };
}

export type TestService = Awaited<ReturnType<typeof createTestService>>;

/** A picture of its own for every seed, as a PNG file. */
export async function testPng(seed = 0, width = 80, height = 60): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await encodePng(testImage(seed, width, height)));
}

export const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** Options of a request with a JSON body. */
export const jsonBody = (
  body: unknown,
  headers: Record<string, string> = {},
  method = 'POST',
): RequestInit => ({
  method,
  headers: { 'content-type': 'application/json', ...headers },
  body: typeof body === 'string' ? body : JSON.stringify(body),
});
