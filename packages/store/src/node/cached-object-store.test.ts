import { createHash } from 'node:crypto';
import { readdir, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StorageError } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import type { ObjectStore } from '../object-store.js';
import { readAll } from '../read-all.js';
import { memoryObjectStore } from '../testing/memory-object-store.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { cachedObjectStore } from './cached-object-store.js';

const folder = temporaryFolder();

async function setUp(name: string, maxBytes: number) {
  const remote = memoryObjectStore();
  const fetched: string[] = [];
  const counting: ObjectStore = {
    ...remote,
    get(key, options) {
      fetched.push(key);
      return remote.get(key, options);
    },
  };
  const root = join(folder, name);
  const open = (): ObjectStore => cachedObjectStore(counting, root, { maxBytes });
  const add = async (size: number, fill: number): Promise<string> => {
    const bytes = new Uint8Array(size).fill(fill);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    await remote.put(`files/${sha256}`, bytes);
    return sha256;
  };
  return { remote, fetched, root, open, add };
}

async function firstByte(store: ObjectStore, sha256: string): Promise<number | undefined> {
  const found = await store.get(`files/${sha256}`);
  return found && (await readAll(found.body, 2 ** 24, sha256))[0];
}

describe('cachedObjectStore', () => {
  it('fetches a file once, also for many at the same time', async () => {
    const { fetched, open, add } = await setUp('once', 10_000);
    const file = await add(100, 7);
    const store = open();
    expect(await Promise.all([1, 2, 3].map(() => firstByte(store, file)))).toEqual([7, 7, 7]);
    expect(await firstByte(open(), file)).toBe(7);
    expect(fetched).toEqual([`files/${file}`]);
    const part = await store.get(`files/${file}`, { range: { start: 90, end: 200 } });
    expect(part?.size).toBe(100);
    expect((await readAll(part?.body as ReadableStream<Uint8Array>, 100, 'part')).length).toBe(10);
  });

  it('fetches a damaged file again', async () => {
    const { fetched, root, open, add } = await setUp('damaged', 10_000);
    const file = await add(100, 7);
    const store = open();
    await firstByte(store, file);
    await writeFile(join(root, file), new Uint8Array(100).fill(8));
    expect(await firstByte(open(), file)).toBe(7);
    await utimes(join(root, file), new Date(), new Date(1000));
    await writeFile(join(root, file), new Uint8Array(100).fill(9));
    expect(await firstByte(store, file)).toBe(7);
    expect(fetched).toHaveLength(3);
  });

  it('deletes the least recently used, and does not keep what is too large', async () => {
    const { fetched, root, open, add } = await setUp('evicted', 250);
    const [a, b, c, large] = [await add(100, 1), await add(100, 2), await add(100, 3), await add(300, 4)];
    const store = open();
    await firstByte(store, a);
    await utimes(join(root, a), new Date(1000), (await stat(join(root, a))).mtime);
    await firstByte(store, b);
    await utimes(join(root, b), new Date(2000), (await stat(join(root, b))).mtime);
    await firstByte(store, a);
    await firstByte(store, c);
    expect((await readdir(root)).filter((name) => name.length === 64).sort()).toEqual([a, c].sort());
    expect(await firstByte(store, large)).toBe(4);
    expect(await firstByte(store, b)).toBe(2);
    expect(fetched.filter((key) => key === `files/${b}`)).toHaveLength(2);
  });

  it('lets a wrong file of the store through to nobody', async () => {
    const { remote, root, open, add } = await setUp('wrong', 10_000);
    const file = await add(100, 7);
    await remote.put(`files/${file}`, new Uint8Array(100));
    await expect(firstByte(open(), file)).rejects.toBeInstanceOf(StorageError);
    expect((await readdir(root)).filter((name) => name.length === 64)).toEqual([]);
  });

  it('goes to the store where nothing can be cached', async () => {
    const { open, root, add } = await setUp('unwritable', 10_000);
    await writeFile(root, 'a file where the folder would be');
    expect(await firstByte(open(), await add(100, 7))).toBe(7);
  });
});
