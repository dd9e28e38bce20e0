import { checkFolderPrefix, checkKey, checkPrefix } from '../object-key.js';
import type { ObjectInfo, ObjectStore } from '../object-store.js';
import { streamOf } from '../read-all.js';
import type { R2Bucket, R2Object, R2Objects } from './r2-bucket.js';
import { codeOf, R2_CODE, r2Error } from './r2-error.js';
import { putR2 } from './r2-put.js';

export interface R2ObjectStoreOptions {
  /** The bucket's binding, `env.NAME` of a Worker. */
  bucket: R2Bucket;
  /** Before every key, without a slash at its end. */
  prefix?: string | undefined;
  /** For messages. Default `r2`. */
  name?: string | undefined;
}

/** Objects that one call lists at most. */
const MAX_KEYS = 1000;
/** Comes after every key below a name and before the next name: no key has it. */
const LAST = '~';

/**
 * Objects in a bucket of Cloudflare R2, by its binding. A stream that is written under a condition and is longer than
 * one part is first laid aside in the bucket, below `uploads.aside/`.
 */
export function r2ObjectStore({ bucket, prefix: folder, name = 'r2' }: R2ObjectStoreOptions): ObjectStore {
  const prefix = folder ? `${folder.replace(/(?<!\/)\/+$/, '')}/` : '';
  checkPrefix(prefix);
  const guarded = async <T>(key: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> => {
    try {
      signal?.throwIfAborted();
      return await work();
    } catch (error) {
      throw r2Error(error, name, key, signal);
    }
  };
  const infoOf = ({ key, size, etag, uploaded }: R2Object): ObjectInfo => ({
    key: key.slice(prefix.length),
    size,
    etag,
    modifiedAt: uploaded.getTime(),
  });
  const head = async (key: string): Promise<ObjectInfo | undefined> => {
    const found = await bucket.head(prefix + key);
    return found ? infoOf(found) : undefined;
  };
  /** Pages of a listing until there are `limit` of what `found` counts. */
  const pages = async (
    options: { prefix: string; startAfter: string | undefined; delimiter?: string },
    limit: number,
    found: (page: R2Objects) => number,
  ): Promise<void> => {
    const { startAfter, ...rest } = options;
    let cursor: string | undefined;
    for (let missing = limit; missing > 0; ) {
      const page = await bucket.list({
        ...rest,
        limit: Math.min(MAX_KEYS, missing),
        ...(cursor !== undefined ? { cursor } : startAfter !== undefined && { startAfter }),
      });
      missing = limit - found(page);
      cursor = page.truncated ? page.cursor : undefined;
      if (cursor === undefined) return;
    }
  };

  return {
    name,
    async head(key, { signal } = {}) {
      checkKey(key);
      return guarded(key, () => head(key), signal);
    },
    async get(key, { range, signal } = {}) {
      checkKey(key);
      const work = async (): ReturnType<ObjectStore['get']> => {
        try {
          const found = await bucket.get(
            prefix + key,
            range ? { range: { offset: range.start, length: range.end - range.start + 1 } } : {},
          );
          if (!found) return undefined;
          return { ...infoOf(found), body: bodyOf(found.body, (error) => r2Error(error, name, key, signal)) };
        } catch (error) {
          if (codeOf(error) !== R2_CODE.invalidRange) throw error;
          // A range that begins behind the end, also that of an empty object.
          const info = await head(key);
          return info && { ...info, body: streamOf(new Uint8Array()) };
        }
      };
      return guarded(key, work, signal);
    },
    async put(key, content, options = {}) {
      checkKey(key);
      return guarded(key, () => putR2(bucket, { prefix, key }, content, options), options.signal);
    },
    async delete(key) {
      checkKey(key);
      await guarded(key, () => bucket.delete(prefix + key));
    },
    async list(wanted, { limit, after }) {
      checkPrefix(wanted);
      return guarded(wanted, async () => {
        const found: ObjectInfo[] = [];
        const startAfter = after === undefined ? undefined : prefix + after;
        await pages({ prefix: prefix + wanted, startAfter }, limit, ({ objects }) =>
          found.push(...objects.map(infoOf)),
        );
        return found;
      });
    },
    async listNames(wanted, { limit, after }) {
      checkFolderPrefix(wanted);
      return guarded(wanted, async () => {
        const base = prefix + wanted;
        const found: string[] = [];
        const startAfter = after === undefined ? undefined : `${base}${after}/${LAST}`;
        await pages({ prefix: base, startAfter, delimiter: '/' }, limit, ({ delimitedPrefixes }) =>
          found.push(...delimitedPrefixes.map((each) => each.slice(base.length, -1))),
        );
        return found.slice(0, limit);
      });
    },
  };
}

/** Asks for more only when it is read; what fails on the way fails in our own words. */
function bodyOf(
  body: ReadableStream<Uint8Array>,
  mapError: (error: unknown) => unknown,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          controller.error(mapError(error));
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
