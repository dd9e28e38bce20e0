import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { describeObjectStore, describeRegistry, describeRegistryReader } from './conformance.js';
import { cachedObjectStore } from './node/cached-object-store.js';
import { folderObjectStore } from './node/folder-object-store.js';
import { s3ObjectStore } from './node/s3-object-store.js';
import { ObjectRegistry } from './object-registry.js';
import type { ObjectStore } from './object-store.js';
import { memoryObjectStore } from './testing/memory-object-store.js';
import { findS3Server, type S3Server, startS3Server } from './testing/s3-server.js';
import { temporaryFolder } from './testing/temporary-folder.js';

const folder = temporaryFolder();
const found = await findS3Server();
const missing = 'missing' in found ? found.missing : undefined;
let server: S3Server | undefined;
afterAll(async () => server?.stop());

const stores: { name: string; open: () => Promise<ObjectStore>; missing?: string | undefined }[] = [
  { name: 'memory', open: async () => memoryObjectStore() },
  { name: 'folder', open: async () => folderObjectStore(join(folder, randomUUID())) },
  {
    name: 'cached folder',
    open: async () =>
      cachedObjectStore(folderObjectStore(join(folder, randomUUID())), join(folder, randomUUID()), {
        maxBytes: 2 ** 24,
      }),
  },
  {
    name: 'S3',
    missing,
    open: async () => {
      if ('folder' in found) server ??= await startS3Server(found.folder);
      const { endpoint, region, credentials, createBucket } = server as S3Server;
      return s3ObjectStore({
        bucket: await createBucket(),
        prefix: 'some/where',
        endpoint,
        region,
        credentials,
      });
    },
  },
];

for (const { name, open, missing } of stores) {
  describeObjectStore({ name, missing, create: async () => ({ store: await open() }) });
  const create = async () => ({ registry: new ObjectRegistry(await open()) });
  if (name === 'cached folder') continue;
  describeRegistry({ name, missing, create });
  describeRegistryReader({
    name,
    missing,
    create: async () => {
      const { registry } = await create();
      return { registry, reader: registry };
    },
  });
}
