import { fileURLToPath } from 'node:url';
import { CflowError, type ErrorCode } from '@cflow/spec';
import type { ObjectInfo, ObjectStore, PutResult } from '@cflow/store';
import { ObjectRegistry } from '@cflow/store';
import { describeObjectStore, describeRegistry } from '@cflow/store/conformance';
import { afterAll } from 'vitest';
import { type R2Server, startR2Server } from '../support/r2-server.js';
import { startWorkerd, type Workerd } from '../support/workerd.js';

const open: { worker: Workerd; server: R2Server }[] = [];
const start = async (): Promise<Workerd> => {
  const server = await startR2Server();
  const entry = fileURLToPath(new URL('store-worker.ts', import.meta.url));
  const worker = await startWorkerd({ entry, bindings: { BUCKET: { bucket: server.origin } } });
  open.push({ worker, server });
  return worker;
};
afterAll(async () => {
  for (const { worker, server } of open) {
    await worker.stop();
    await server.close();
  }
});

describeObjectStore({
  name: 'R2, by the binding of workerd',
  create: async () => ({ store: storeOf(await start()) }),
});
describeRegistry({
  name: 'R2, by the binding of workerd',
  create: async () => ({ registry: new ObjectRegistry(storeOf(await start())) }),
});

/** The store inside a worker, from outside. What can be told here already is told here: a signal does not cross. */
function storeOf({ url }: Workerd): ObjectStore {
  const ask = async (call: object, body?: Uint8Array | ReadableStream<Uint8Array>): Promise<Response> => {
    const response = await fetch(url, {
      method: body ? 'PUT' : 'GET',
      headers: { 'x-call': encodeURIComponent(JSON.stringify(call)) },
      ...(body && { body, duplex: 'half' }),
    } as RequestInit);
    if (response.ok) return response;
    const { error } = (await response.json()) as {
      error: { message: string; code?: ErrorCode; retryable?: boolean };
    };
    if (error.code === undefined) throw new Error(error.message);
    throw Object.assign(new CflowError(error.code, error.message, { retryable: error.retryable ?? false }), {
      name: error.code === 'store' ? 'StorageError' : 'CflowError',
    });
  };
  const answerOf = async <T>(call: object, body?: Uint8Array | ReadableStream<Uint8Array>): Promise<T> =>
    ((await (await ask(call, body)).json()) as { value: T }).value;
  return {
    name: 'r2',
    head: (key) => answerOf<ObjectInfo | undefined>({ method: 'head', key }),
    async get(key, { range, signal } = {}) {
      signal?.throwIfAborted();
      const response = await ask({ method: 'get', key, range });
      const info = response.headers.get('x-info');
      if (info === null) {
        await response.body?.cancel();
        return undefined;
      }
      return {
        ...(JSON.parse(info) as ObjectInfo),
        body: response.body ?? (new Blob([]).stream() as ReadableStream<Uint8Array>),
      };
    },
    async put(key, content, { ifMatch, sha256, signal } = {}) {
      signal?.throwIfAborted();
      const stream = content instanceof ReadableStream;
      return answerOf<PutResult>({ method: 'put', key, stream, options: { ifMatch, sha256 } }, content);
    },
    delete: (key) => answerOf<undefined>({ method: 'delete', key }),
    list: (prefix, page) => answerOf<ObjectInfo[]>({ method: 'list', prefix, page }),
    listNames: (prefix, page) => answerOf<string[]>({ method: 'listNames', prefix, page }),
  };
}
