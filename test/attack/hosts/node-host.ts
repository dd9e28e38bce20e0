import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { folderObjectStore } from '@cflow/store/node';
import { CANARY } from '../client/canary.js';
import type { Host } from './host.js';
import { startNodeProcess } from './node-process.js';
import { serviceKeys } from './service-keys.js';

/** The service on Node, with a folder for its store and PGlite for its jobs. */
export async function nodeHost(): Promise<Host> {
  return {
    what: 'Node, a folder, PGlite',
    async start(options) {
      const folder = await mkdtemp(join(tmpdir(), 'cflow-attack-'));
      const store = join(folder, 'store');
      const { env, keys } = await serviceKeys(options.keys);
      const objects = folderObjectStore(store);
      const put = async (key: string, bytes: Uint8Array): Promise<void> => {
        await objects.put(key, bytes);
      };
      // What the service signs with is a secret that is known here.
      await put('service/secret', Buffer.from(CANARY));
      await writeFile(join(folder, 'canary.bin'), CANARY);
      return startNodeProcess(
        {
          folder,
          env: { ...env, CFLOW_STORE: store },
          keys,
          put,
          clear: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }),
        },
        options,
      );
    },
    async close() {},
  };
}
