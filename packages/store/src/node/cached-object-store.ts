import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { CflowError } from '@cflow/spec';
import type { GetOptions, ObjectStore } from '../object-store.js';
import { fileStream } from './file-stream.js';
import { rangeOf } from './folder-object-store.js';
import { sweepAside, writeAside } from './write-aside.js';

export interface CachedObjectStoreOptions {
  /** Of all cached files together. The least recently used go first. */
  maxBytes: number;
}

/**
 * A store whose `files/<sha256>`, which never change, are kept in a local folder. A cached file is read through and
 * compared with its hash when this process first uses it or when it was written to since; a damaged one is fetched
 * again. Everything else goes to the store. Several processes may share the folder. It gives no paths: a file may be
 * evicted before whoever asked opens it.
 */
export function cachedObjectStore(
  store: ObjectStore,
  folder: string,
  { maxBytes }: CachedObjectStoreOptions,
): ObjectStore {
  const root = resolve(folder);
  const incoming = join(root, 'incoming');
  const verified = new Set<string>();
  const fetching = new Map<string, Promise<string | undefined>>();

  /** The path of the file, there and whole; undefined when there is no such object or it cannot be kept here. */
  const cached = (sha256: string): Promise<string | undefined> => {
    const running = fetching.get(sha256);
    if (running) return running;
    const work = ensure(sha256).finally(() => fetching.delete(sha256));
    fetching.set(sha256, work);
    return work;
  };

  const ensure = async (sha256: string): Promise<string | undefined> => {
    const path = join(root, sha256);
    if (await isWhole(path, sha256, verified)) {
      // Used now, written when it was.
      await utimes(path, new Date(), (await stat(path)).mtime).catch(() => undefined);
      return path;
    }
    await rm(path, { force: true, recursive: true });
    const key = `files/${sha256}`;
    const found = await store.get(key);
    if (!found) return undefined;
    if (found.size > maxBytes) {
      await found.body.cancel();
      return undefined;
    }
    await sweepAside(incoming);
    await evict(root, maxBytes - found.size);
    const aside = await writeAside(incoming, found.body, { key, sha256 });
    // Whole seconds survive being set again.
    await utimes(aside, new Date(), Math.floor(Date.now() / 1000));
    await rename(aside, path);
    verified.add(await identityOf(path));
    return path;
  };

  /** A cache that cannot be written is not used: the store has the file. */
  const ifPossible = async (sha256: string): Promise<string | undefined> => {
    try {
      await mkdir(root, { recursive: true });
      return await cached(sha256);
    } catch (error) {
      if (CflowError.isInstance(error) || (error as NodeJS.ErrnoException).syscall === undefined) throw error;
      return undefined;
    }
  };

  return {
    name: store.name,
    head: (key, options) => store.head(key, options),
    put: (key, content, options) => store.put(key, content, options),
    list: (prefix, page) => store.list(prefix, page),
    listNames: (prefix, page) => store.listNames(prefix, page),
    async get(key, options: GetOptions = {}) {
      const sha256 = hashOf(key);
      if (sha256 === undefined) return store.get(key, options);
      options.signal?.throwIfAborted();
      const path = await ifPossible(sha256);
      const handle = path === undefined ? undefined : await openIfThere(path);
      if (!handle || path === undefined) return store.get(key, options);
      const { size, mtimeMs } = await handle.stat();
      const body = fileStream(handle, path, rangeOf(size, options.range), options.signal);
      return { key, size, etag: sha256, modifiedAt: mtimeMs, body };
    },
    async delete(key) {
      const sha256 = hashOf(key);
      await store.delete(key);
      if (sha256 !== undefined) await rm(join(root, sha256), { force: true }).catch(() => undefined);
    },
  };
}

function hashOf(key: string): string | undefined {
  return /^files\/([0-9a-f]{64})$/.exec(key)?.[1];
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  return open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => undefined);
}

async function isWhole(path: string, sha256: string, verified: Set<string>): Promise<boolean> {
  const handle = await openIfThere(path);
  if (!handle) return false;
  try {
    if (!(await handle.stat()).isFile()) return false;
    const identity = await identityOf(path);
    if (verified.has(identity)) return true;
    const hash = createHash('sha256');
    for await (const chunk of handle.createReadStream({ autoClose: false })) hash.update(chunk as Buffer);
    if (hash.digest('hex') !== sha256) return false;
    verified.add(identity);
    return true;
  } finally {
    await handle.close();
  }
}

/** Changes when somebody writes to the file; its time of use does not count. */
async function identityOf(path: string): Promise<string> {
  const { ino, size, mtimeMs } = await stat(path);
  return `${path} ${ino} ${size} ${mtimeMs}`;
}

async function evict(root: string, room: number): Promise<void> {
  const files: { path: string; size: number; usedAt: number }[] = [];
  for (const name of await readdir(root)) {
    if (!/^[0-9a-f]{64}$/.test(name)) continue;
    const path = join(root, name);
    const found = await stat(path).catch(() => undefined);
    if (found) files.push({ path, size: found.size, usedAt: found.atimeMs });
  }
  files.sort((a, b) => a.usedAt - b.usedAt);
  let total = files.reduce((sum, { size }) => sum + size, 0);
  for (const { path, size } of files) {
    if (total <= room) return;
    await rm(path, { force: true });
    total -= size;
  }
}
