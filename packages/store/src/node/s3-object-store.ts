import { Readable } from 'node:stream';
import { ConfigurationError } from '@cflow/spec';
import { checkFolderPrefix, checkKey, checkPrefix } from '../object-key.js';
import type { ObjectInfo, ObjectStore } from '../object-store.js';
import { answerStream } from './s3-body.js';
import { type LoadedSdk, loadS3, type S3ObjectStoreOptions } from './s3-client.js';
import { conditionsOf, type EtagForm } from './s3-conditions.js';
import { s3Error, statusOf } from './s3-error.js';
import { putS3 } from './s3-put.js';

/** Comes after every key below a name and before the next name: no key has it. */
const LAST = '~';

/**
 * Objects in a bucket of S3 or of a server that speaks its protocol, which must keep to `If-None-Match` and `If-Match`
 * on writing; that is tried before the first conditional write. Connections that fail are tried again a few times.
 */
export function s3ObjectStore(options: S3ObjectStoreOptions): ObjectStore {
  const Bucket = options.bucket;
  if (!/^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/i.test(Bucket)) {
    throw new ConfigurationError(`"${Bucket}" is not a name of a bucket`, { details: { bucket: Bucket } });
  }
  const prefix = options.prefix ? `${options.prefix.replace(/(?<!\/)\/+$/, '')}/` : '';
  checkPrefix(prefix);
  const name = `s3://${Bucket}/${prefix}${options.endpoint ? ` at ${options.endpoint}` : ''}`;
  let loading: Promise<LoadedSdk> | undefined;
  let conditions: Promise<EtagForm> | undefined;
  const load = (): Promise<LoadedSdk> => {
    loading ??= loadS3(options);
    return loading;
  };
  const form = async (): Promise<EtagForm> => {
    conditions ??= conditionsOf(await load(), Bucket, prefix, name);
    conditions.catch(() => {
      conditions = undefined;
    });
    return conditions;
  };
  const guarded = async <T>(key: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> => {
    try {
      signal?.throwIfAborted();
      return await work();
    } catch (error) {
      throw s3Error(error, name, key, signal);
    }
  };
  const isMissing = (error: unknown): boolean =>
    statusOf(error) === 404 && (error as Error).name !== 'NoSuchBucket';

  const head = async (key: string, signal?: AbortSignal): Promise<ObjectInfo | undefined> => {
    const { sdk, client } = await load();
    try {
      const command = new sdk.HeadObjectCommand({ Bucket, Key: prefix + key });
      const found = await client.send(command, signal ? { abortSignal: signal } : {});
      return infoOf(key, found.ContentLength, found.ETag, found.LastModified);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  };

  return {
    name,
    async head(key, { signal } = {}) {
      checkKey(key);
      return guarded(key, () => head(key, signal), signal);
    },
    async get(key, { range, signal } = {}) {
      checkKey(key);
      const work = async (): ReturnType<ObjectStore['get']> => {
        const { sdk, client } = await load();
        const command = new sdk.GetObjectCommand({
          Bucket,
          Key: prefix + key,
          ...(range && { Range: `bytes=${range.start}-${range.end}` }),
        });
        try {
          const found = await client.send(command, signal ? { abortSignal: signal } : {});
          const size = sizeOf(found.ContentRange) ?? found.ContentLength;
          const body = answerStream(found.Body as Readable, found.ContentLength, (error) =>
            s3Error(error, name, key, signal),
          );
          destroyOnAbort(found.Body as Readable, signal);
          return { ...infoOf(key, size, found.ETag, found.LastModified), body };
        } catch (error) {
          if (isMissing(error)) return undefined;
          if (statusOf(error) !== 416) throw error;
          // A range that begins behind the end, also that of an empty object.
          const info = await head(key, signal);
          return info && { ...info, body: answerStream(Readable.from([]), 0, (failure) => failure) };
        }
      };
      return guarded(key, work, signal);
    },
    async put(key, content, put = {}) {
      checkKey(key);
      const { ifMatch } = put;
      const work = async (): ReturnType<ObjectStore['put']> => {
        const condition =
          ifMatch === undefined
            ? undefined
            : await form().then((etagForm) =>
                ifMatch === null ? { IfNoneMatch: '*' } : { IfMatch: etagForm(ifMatch) },
              );
        return putS3(await load(), { Bucket, Key: prefix + key }, content, condition, put);
      };
      return guarded(key, work, put.signal);
    },
    async delete(key) {
      checkKey(key);
      await guarded(key, async () => {
        const { sdk, client } = await load();
        await client.send(new sdk.DeleteObjectCommand({ Bucket, Key: prefix + key }));
      });
    },
    async list(wanted, { limit, after }) {
      checkPrefix(wanted);
      return guarded(wanted, async () => {
        const { sdk, client } = await load();
        const found: ObjectInfo[] = [];
        let token: string | undefined;
        while (found.length < limit) {
          const page = await client.send(
            new sdk.ListObjectsV2Command({
              Bucket,
              Prefix: prefix + wanted,
              MaxKeys: Math.min(1000, limit - found.length),
              ...(token !== undefined
                ? { ContinuationToken: token }
                : after !== undefined && { StartAfter: prefix + after }),
            }),
          );
          for (const object of page.Contents ?? []) {
            const key = (object.Key as string).slice(prefix.length);
            found.push(infoOf(key, object.Size, object.ETag, object.LastModified));
          }
          token = page.NextContinuationToken;
          if (token === undefined) break;
        }
        return found;
      });
    },
    async listNames(wanted, { limit, after }) {
      checkFolderPrefix(wanted);
      return guarded(wanted, async () => {
        const { sdk, client } = await load();
        const found: string[] = [];
        const base = prefix + wanted;
        let token: string | undefined;
        while (found.length < limit) {
          const page = await client.send(
            new sdk.ListObjectsV2Command({
              Bucket,
              Prefix: base,
              Delimiter: '/',
              ...(token !== undefined
                ? { ContinuationToken: token }
                : after !== undefined && { StartAfter: `${base}${after}/${LAST}` }),
            }),
          );
          for (const each of page.CommonPrefixes ?? [])
            found.push((each.Prefix ?? '').slice(base.length, -1));
          token = page.NextContinuationToken;
          if (token === undefined) break;
        }
        return found.slice(0, limit);
      });
    },
  };
}

/** Also when it has aborted while the answer was on its way. */
function destroyOnAbort(body: Readable, signal: AbortSignal | undefined): void {
  if (!signal) return;
  const abort = (): void => void body.destroy(signal.reason as Error);
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  body.once('close', () => signal.removeEventListener('abort', abort));
}

function infoOf(
  key: string,
  size: number | undefined,
  etag: string | undefined,
  modified: Date | undefined,
): ObjectInfo {
  return { key, size: size ?? 0, etag: etag ?? '', modifiedAt: modified?.getTime() ?? 0 };
}

/** The size of the whole in "bytes 0-9/100". */
function sizeOf(contentRange: string | undefined): number | undefined {
  const size = /\/(\d+)$/.exec(contentRange ?? '')?.[1];
  return size === undefined ? undefined : Number(size);
}
