import { type Inference, WELL } from '@cflow/inference';
import { httpRegistry, ObjectRegistry } from '@cflow/store';
import { describeRegistryReader } from '@cflow/store/conformance';
import { memoryObjectStore } from '@cflow/store/testing';
import { createApp } from './create-app.js';

// A registry is read without a detector in memory.
const inference: Inference = {
  predict: () => Promise.reject(new Error('a reader of the registry scores nothing')),
  load: () => Promise.reject(new Error('a reader of the registry loads nothing')),
  status: () => ({ queue: { length: 0, capacity: 1 }, detectors: [], device: undefined, health: WELL }),
  close: async () => {},
};

const silent = (): void => {};

describeRegistryReader({
  name: 'HTTP, over the service itself',
  create: async () => {
    const registry = new ObjectRegistry(memoryObjectStore());
    const app = createApp({
      version: '0.1.0',
      registry,
      inference,
      secret: new Uint8Array(32).fill(7),
      limits: {
        bodyBytes: 2 ** 20,
        uploadBytes: 2 ** 20,
        requestTimeoutMs: 20_000,
        bodyTimeoutMs: 5_000,
        rate: null,
      },
      readiness: { state: 'ready', detail: '' },
      now: Date.now,
      logger: { debug: silent, info: silent, warn: silent, error: silent },
      corsOrigins: [],
    });
    const reader = httpRegistry({
      baseUrl: 'http://service',
      fetch: async (input, init) => app.request(input as string, init),
    });
    return { registry, reader };
  },
});
