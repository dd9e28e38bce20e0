// The detectors of this project as one handler: a function from a Request to a Response, for any framework.
import { randomBytes } from 'node:crypto';
import { folderBundle } from '@cflow/detector/node';
import { createApp } from '@cflow/predict';
import { createNodeInference } from '@cflow/predict/node';
import { ObjectRegistry } from '@cflow/store';
import { openObjectStore } from '@cflow/store/node';

/**
 * Publishes a bundle as the newest version of a detector, and answers for all detectors of the store.
 *
 * @param {{ store: string, bundle: string, name: string, corsOrigins?: string[] }} options
 */
export async function createDetectors({ store, bundle, name, corsOrigins = [] }) {
  const registry = new ObjectRegistry(openObjectStore(store));
  const version = await registry.stage(name, folderBundle(bundle));
  await registry.publish(name, version, { alias: 'latest' });
  const inference = createNodeInference({ registry });
  const app = createApp({
    version: '1.0.0',
    registry,
    inference,
    // Signs the ids of predictions. Where several processes answer, all of them need the same.
    secret: randomBytes(32),
    limits: {
      bodyBytes: 64 * 2 ** 20,
      uploadBytes: 2 ** 30,
      requestTimeoutMs: 30_000,
      bodyTimeoutMs: 30_000,
      rate: null,
    },
    readiness: { state: 'ready', detail: 'ready' },
    now: Date.now,
    logger: { debug() {}, info() {}, warn: console.warn, error: console.error },
    corsOrigins,
  });
  return { fetch: app.fetch, close: () => inference.close() };
}
