import { createHash } from 'node:crypto';
import { link, mkdir, open, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { storageErrorOf } from '@cflow/detector/node';
import { checkFolderPrefix, checkKey, checkPrefix } from '../object-key.js';
import type { GetOptions, ObjectInfo, ObjectStore, PutOptions, PutResult } from '../object-store.js';
import { fileStream } from './file-stream.js';
import { folderKeys, folderNames } from './folder-keys.js';
import { openObject, refuseLinks } from './folder-object.js';
import { withKeyLock } from './key-lock.js';
import { sweepAside, writeAside } from './write-aside.js';

/** Folders of the store's own. "~" is in no key, so that they are nobody's. */
const INCOMING = '~incoming';
const LOCKS = '~locks';

/**
 * Objects as files of a folder, which is made when something is first written. Any number of processes of one machine
 * may share it. A content is written aside, flushed and renamed; a process that is killed leaves at most a file aside,
 * which a later one sweeps after an hour.
 */
export function folderObjectStore(folder: string): ObjectStore {
  const root = resolve(folder);
  const [incoming, locks] = [join(root, INCOMING), join(root, LOCKS)];
  let swept: Promise<void> | undefined;

  const info = async (key: string): Promise<ObjectInfo | undefined> => {
    const object = await openObject(root, key);
    await object?.handle.close();
    return object && { key, size: object.size, etag: object.etag, modifiedAt: object.modifiedAt };
  };
  const guarded = async <T>(key: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw storageErrorOf(error, join(root, key));
    }
  };
  const locked = <T>(key: string, work: () => Promise<T>): Promise<T> =>
    withKeyLock(locks, createHash('sha256').update(key).digest('hex').slice(0, 32), work);

  return {
    name: root,
    async head(key, options = {}) {
      checkKey(key);
      options.signal?.throwIfAborted();
      return guarded(key, () => info(key));
    },
    async get(key, options = {}) {
      checkKey(key);
      options.signal?.throwIfAborted();
      return guarded(key, async () => {
        const object = await openObject(root, key);
        if (!object) return undefined;
        const { handle, ...rest } = object;
        const body = fileStream(handle, join(root, key), rangeOf(rest.size, options.range), options.signal);
        return { key, ...rest, body };
      });
    },
    async put(key, content, options: PutOptions = {}): Promise<PutResult> {
      checkKey(key);
      return guarded(key, async () => {
        await refuseLinks(root, key);
        swept ??= sweepAside(incoming);
        await swept;
        const aside = await writeAside(incoming, content, { key, ...options });
        try {
          return await locked(key, async () => {
            const { ifMatch } = options;
            if (ifMatch !== undefined && (await info(key))?.etag !== (ifMatch ?? undefined)) {
              return { written: false };
            }
            const target = join(root, key);
            await place(aside, target, ifMatch === null);
            await syncFolder(dirname(target));
            const written = await info(key);
            return { written: true, etag: written?.etag ?? '' };
          });
        } finally {
          await rm(aside, { force: true }).catch(() => undefined);
        }
      });
    },
    async delete(key) {
      checkKey(key);
      await guarded(key, async () => {
        await refuseLinks(root, key);
        if (!(await info(key))) return;
        await locked(key, async () => {
          await rm(join(root, key), { force: true });
          await removeEmpty(root, dirname(join(root, key)));
        });
      });
    },
    async list(prefix, { limit, after }) {
      checkPrefix(prefix);
      return guarded(prefix, async () => {
        const found: ObjectInfo[] = [];
        if (limit < 1) return found;
        for await (const key of folderKeys(root, prefix, after)) {
          const object = await info(key);
          if (object) found.push(object);
          if (found.length >= limit) break;
        }
        return found;
      });
    },
    async listNames(prefix, { limit, after }) {
      checkFolderPrefix(prefix);
      return guarded(prefix, async () => {
        const found: string[] = [];
        if (limit < 1) return found;
        for await (const name of folderNames(root, prefix, after)) {
          found.push(name);
          if (found.length >= limit) break;
        }
        return found;
      });
    },
    async path(key) {
      checkKey(key);
      return guarded(key, async () => ((await info(key)) ? join(root, key) : undefined));
    },
  };
}

/** First and last byte of a range, both included, inside an object; nothing when the first comes after the last. */
export function rangeOf(size: number, range: GetOptions['range']): { start: number; end: number } {
  return { start: range?.start ?? 0, end: Math.min(range?.end ?? size - 1, size - 1) };
}

/** Moves a file to its place. Somebody who deletes the folder because it became empty may come in between. */
async function place(file: string, target: string, mustBeNew: boolean): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    await mkdir(dirname(target), { recursive: true });
    try {
      return await (mustBeNew ? link(file, target) : rename(file, target));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || attempt === 20) throw error;
    }
  }
}

async function removeEmpty(root: string, folder: string): Promise<void> {
  for (let path = folder; path !== root; path = dirname(path)) {
    try {
      await rmdir(path);
    } catch {
      return;
    }
  }
}

/** Makes a rename survive a power cut, where the system can do so. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
