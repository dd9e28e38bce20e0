import { fileURLToPath } from 'node:url';
import { workerVariablesSchema } from '@cflow/predict/workerd';
import { startR2Server } from '../../support/r2-server.js';
import { startWorkerd } from '../../support/workerd.js';
import { CANARY } from '../client/canary.js';
import type { Host, RunningHost } from './host.js';
import { serviceKeys } from './service-keys.js';

const ENTRY = fileURLToPath(new URL('../../edge/worker.ts', import.meta.url));

/** The service as a Worker in Cloudflare's runtime, with a bucket. */
export async function workerdHost(): Promise<Host> {
  return {
    what: 'workerd, a bucket',
    async start(options) {
      const bucket = await startR2Server();
      const { env, keys } = await serviceKeys(options.keys);
      // What only a service on Node has says nothing to a Worker, which refuses to start with it.
      const known = Object.entries(options.env ?? {}).filter(([name]) => name in workerVariablesSchema.shape);
      const texts = {
        ...(!options.keys && { CFLOW_ANONYMOUS: 'true' }),
        ...env,
        ...Object.fromEntries(known),
      };
      bucket.put('service/secret', Buffer.from(CANARY));
      const worker = await startWorkerd({
        entry: ENTRY,
        bindings: {
          CFLOW_BUCKET: { bucket: bucket.origin },
          ...Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, { text }])),
        },
      });
      let stopped = false;
      const host: RunningHost = {
        url: worker.url,
        pid: worker.pid,
        folder: worker.folder,
        keys,
        log: worker.said,
        ended: worker.ended,
        async kill() {
          stopped = true;
          await worker.stop();
          return worker.ended() ?? { code: null, signal: null };
        },
        put: async (key, bytes) => bucket.put(key, bytes),
        again: () => Promise.reject(new Error('a Worker has no second process')),
        async stop() {
          if (!stopped) await worker.stop();
          await bucket.close();
        },
      };
      return host;
    },
    async close() {},
  };
}
