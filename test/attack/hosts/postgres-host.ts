import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPostgres, startPostgresServer } from '@cflow/jobs/testing';
import { s3ObjectStore } from '@cflow/store/node';
import { findS3Server, startS3Server } from '@cflow/store/testing';
import { CANARY } from '../client/canary.js';
import { startObjectProxy } from '../proxies/object-proxy.js';
import { startSlowProxy } from '../proxies/slow-proxy.js';
import type { Host } from './host.js';
import { startNodeProcess } from './node-process.js';
import { serviceKeys } from './service-keys.js';

/** The service on Node, with S3-compatible storage and PostgreSQL. Or why there is none here. */
export async function postgresHost(): Promise<Host | { missing: string }> {
  if (!(await findPostgres())) return { missing: 'PostgreSQL is not installed' };
  const programs = await findS3Server();
  if ('missing' in programs) return programs;
  const postgres = await startPostgresServer();
  const s3 = await startS3Server(programs.folder);
  return {
    what: "Node, Ceph's gateway as S3, PostgreSQL",
    async start(options) {
      const folder = await mkdtemp(join(tmpdir(), 'cflow-attack-'));
      await writeFile(join(folder, 'canary.bin'), CANARY);
      const bucket = await s3.createBucket();
      const database = new URL(await postgres.createDatabase());
      const databaseProxy = options.proxies ? await startSlowProxy(Number(database.port)) : undefined;
      if (databaseProxy) database.port = String(databaseProxy.port);
      const storeProxy = options.proxies ? await startObjectProxy(s3.endpoint) : undefined;
      const endpoint = storeProxy?.url ?? s3.endpoint;
      const { region, credentials } = s3;
      const { env, keys } = await serviceKeys(options.keys);
      const objects = s3ObjectStore({
        bucket,
        endpoint: s3.endpoint,
        region,
        credentials,
        forcePathStyle: true,
      });
      const put = async (key: string, bytes: Uint8Array): Promise<void> => {
        await objects.put(key, bytes);
      };
      await put('service/secret', Buffer.from(CANARY));
      return startNodeProcess(
        {
          folder,
          env: {
            ...env,
            CFLOW_STORE: `s3://${bucket}?endpoint=${endpoint}&region=${region}&pathStyle=true`,
            AWS_ACCESS_KEY_ID: credentials.accessKeyId,
            AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
            DATABASE_URL: database.href,
            CFLOW_STATE: join(folder, 'state'),
          },
          keys,
          put,
          proxies: { ...(databaseProxy && { databaseProxy }), ...(storeProxy && { storeProxy }) },
          async clear() {
            await databaseProxy?.close();
            await storeProxy?.close();
            await rm(folder, { recursive: true, force: true, maxRetries: 5 });
          },
        },
        options,
      );
    },
    async close() {
      await s3.stop();
      await postgres.close();
    },
  };
}
