import { createApp } from '@cflow/predict';
import { createNodeInference, loadPage } from '@cflow/predict/node';
import { ObjectRegistry } from '@cflow/store';
import { openObjectStore } from '@cflow/store/node';
import { Hono } from 'hono';

export interface InspectionAppOptions {
  /** Where bundles are: a folder, or `s3://bucket/prefix`. */
  store: string;
  /** Signs the ids of predictions: 32 bytes or more, the same in every process of the app. */
  secret: Uint8Array;
}

export interface InspectionApp {
  app: Hono;
  /** Ends the threads that score. */
  close(): Promise<void>;
}

/** An app of one's own, with the detectors of a store under `/inspection`. */
export async function createInspectionApp({ store, secret }: InspectionAppOptions): Promise<InspectionApp> {
  const registry = new ObjectRegistry(openObjectStore(store));
  const inference = createNodeInference({ registry });
  const detectors = createApp({
    version: '1.0.0',
    registry,
    inference,
    secret,
    limits: {
      bodyBytes: 64 * 2 ** 20,
      uploadBytes: 2 ** 30,
      requestTimeoutMs: 30_000,
      bodyTimeoutMs: 30_000,
      rate: null,
    },
    // Detectors are loaded when the first image comes; a host that waits for them reports it here.
    readiness: { state: 'ready', detail: 'ready' },
    now: Date.now,
    logger: { debug() {}, info() {}, warn: console.warn, error: console.error },
    // Who may call is this app's to say; see below.
    corsOrigins: [],
    page: await loadPage(),
  });

  const app = new Hono();
  app.get('/', (c) => c.text('The line runs.'));
  // Middleware of the app's own comes first: logins, logs, limits.
  app.use('/inspection/*', async (c, next) => {
    await next();
    c.header('X-Line', '7');
  });
  app.mount('/inspection', detectors.fetch);
  return { app, close: () => inference.close() };
}
