// Servers differ in conditional writes. Some ignore the conditions, and two writers would both believe to have won:
// those are refused. Some want an etag with its quotes, as HTTP has it, some without, AWS takes both.
import { randomUUID } from 'node:crypto';
import { StorageError } from '@cflow/spec';
import type { LoadedSdk } from './s3-client.js';
import { statusOf } from './s3-error.js';

export type EtagForm = (etag: string) => string;

const FORMS: readonly EtagForm[] = [(etag) => etag, (etag) => etag.replaceAll('"', '')];

/** How to give an etag to this server. @throws StorageError when it does not keep to conditions */
export async function conditionsOf(
  { sdk, client }: LoadedSdk,
  bucket: string,
  prefix: string,
  name: string,
): Promise<EtagForm> {
  const target = { Bucket: bucket, Key: `${prefix}conditional-write-${randomUUID()}` };
  const put = async (condition: { IfMatch?: string; IfNoneMatch?: string }): Promise<string | undefined> => {
    try {
      const result = await client.send(
        new sdk.PutObjectCommand({ ...target, Body: randomUUID(), ...condition }),
      );
      return result.ETag ?? '';
    } catch (error) {
      if (statusOf(error) === 412 || statusOf(error) === 409) return undefined;
      throw error;
    }
  };
  try {
    const etag = await put({ IfNoneMatch: '*' });
    const ignored = (await put({ IfNoneMatch: '*' })) ?? (await put({ IfMatch: `"${'0'.repeat(32)}"` }));
    if (etag === undefined || ignored !== undefined) throw unconditional(name);
    for (const form of FORMS) if ((await put({ IfMatch: form(etag) })) !== undefined) return form;
    throw unconditional(name);
  } finally {
    await client.send(new sdk.DeleteObjectCommand(target)).catch(() => undefined);
  }
}

function unconditional(name: string): StorageError {
  return new StorageError(
    'store',
    `the server of ${name} does not keep to If-None-Match and If-Match when writing, so two writers could overwrite ` +
      'each other; use a server that does (AWS S3, Ceph, recent MinIO) or a folder',
    { details: { store: name } },
  );
}
