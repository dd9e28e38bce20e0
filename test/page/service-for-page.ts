import { createHash, randomBytes } from 'node:crypto';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { makeBundle, memoryBundle } from '@cflow/detector/testing';
import { createNodeInference } from '@cflow/inference/node';
import { type Jobs, openJobs } from '@cflow/jobs';
import { createApp, hashedApiKeys } from '@cflow/predict';
import { loadPage } from '@cflow/predict/node';
import type { DataSetReport } from '@cflow/spec';
import { ObjectRegistry, type ObjectStore, type Registry, readAll } from '@cflow/store';
import { memoryObjectStore } from '@cflow/store/testing';
import { serve } from '@hono/node-server';

export interface ServiceForPage {
  address: string;
  registry: Registry;
  objects: ObjectStore;
  jobs: Jobs;
  /** Method and path of what was asked, the page's own files aside. */
  requests: string[];
  /** The page's own files that were asked for. */
  files: string[];
  /** Last-Event-ID of each event stream that was opened. */
  resumed: (string | null)[];
  /** An uploaded archive. */
  upload(path: string): Promise<Uint8Array>;
  /** Cuts every connection, as a network that is away for a moment. */
  cut(): void;
  close(): Promise<void>;
}

const UNDERSTOOD: DataSetReport = {
  name: 'parts',
  layout: 'folder',
  good: { train: 2, validation: 0, test: 0 },
  bad: { test: 0, elsewhere: 0, kinds: 0, masks: 0 },
  unlabelled: 0,
  groups: [],
  skipped: [],
  sizes: null,
  formats: [],
  examined: 2,
  findings: [],
};

/** The service as it is, with a small detector in a store in memory, and its database inside the process. */
export async function startServiceForPage(
  options: {
    key?: string;
    empty?: boolean;
    training?: boolean;
    backbone?: 'tiny' | 'mobilenet_v2';
    /** Looks at data sets before they are trained on. Default: always says the same. */
    inspectDataSet?: (path: string, objects: ObjectStore, signal: AbortSignal) => Promise<DataSetReport>;
  } = {},
): Promise<ServiceForPage> {
  const objects: ObjectStore = memoryObjectStore();
  const registry = new ObjectRegistry(objects);
  if (!options.empty) {
    const version = await registry.stage(
      'wood',
      memoryBundle(await makeBundle({ name: 'wood', backbone: options.backbone ?? 'tiny' })),
    );
    await registry.publish('wood', version, { alias: 'latest' });
    await registry.moveAlias('wood', 'production', version);
  }
  const inference = createNodeInference({ registry, device: 'cpu', lanes: 1, threads: 1, imageThreads: 1 });
  const jobs = options.training === false ? undefined : await openJobs({ database: { memory: true } });
  // The database takes seconds to start, which must not be part of a request.
  await jobs?.list({ limit: 1 });
  const quiet = (): void => {};
  const { key } = options;
  const app = createApp({
    version: '0.1.0',
    registry,
    inference,
    ...(jobs && { jobs, objects }),
    // The page asks as soon as a data set is chosen.
    inspectDataSet: async (path, signal) => options.inspectDataSet?.(path, objects, signal) ?? UNDERSTOOD,
    ...(key !== undefined && {
      keys: hashedApiKeys([
        { name: 'page', sha256: createHash('sha256').update(key).digest('hex'), scopes: ['admin'] },
      ]),
    }),
    secret: new Uint8Array(randomBytes(32)),
    limits: {
      bodyBytes: 1 << 24,
      uploadBytes: 1 << 24,
      requestTimeoutMs: 30_000,
      bodyTimeoutMs: 30_000,
      rate: null,
    },
    readiness: { state: 'ready', detail: 'ready' },
    now: Date.now,
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    corsOrigins: [],
    page: await loadPage(),
  });
  const requests: string[] = [];
  const files: string[] = [];
  const resumed: (string | null)[] = [];
  const fetch = (request: Request): Response | Promise<Response> => {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith('/v1/')) requests.push(`${request.method} ${pathname}`);
    else files.push(pathname);
    if (pathname.endsWith('/events')) resumed.push(request.headers.get('last-event-id'));
    return app.fetch(request);
  };
  const server = await new Promise<Server>((resolve) => {
    const started = serve({ fetch, hostname: '127.0.0.1', port: 0 }, () => resolve(started as Server));
  });
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    registry,
    objects,
    get jobs() {
      if (!jobs) throw new Error('this service was started without training');
      return jobs;
    },
    requests,
    files,
    resumed,
    upload: async (path) => readAll((await objects.get(path))!.body, 1 << 24, path),
    cut: () => server.closeAllConnections(),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await inference.close();
      await jobs?.close();
    },
  };
}
