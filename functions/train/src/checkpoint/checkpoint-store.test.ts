import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { folderObjectStore } from '@cflow/store/node';
import { misbehavingReads } from '@cflow/store/testing';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { CheckpointStore, removeCheckpoint } from './checkpoint-store.js';
import { takeSnapshot } from './snapshot.js';

const root = temporaryFolder();
const never = new AbortController().signal;
let count = 0;

interface Place {
  store(attempt: number): CheckpointStore;
  objects: ReturnType<typeof folderObjectStore>;
  /** Brings in a run's files with these contents. */
  upload(store: CheckpointStore, contents: readonly string[]): Promise<boolean>;
  /** What another attempt gets; undefined when it gets nothing. */
  download(store: CheckpointStore): Promise<string[] | undefined>;
}

function newPlace(): Place {
  const folder = join(root, `${count++}`);
  const objects = folderObjectStore(join(folder, 'store'));
  return {
    objects,
    store: (attempt) => new CheckpointStore(objects, 'jobs/a/checkpoint', attempt),
    async upload(store, contents) {
      const run = join(folder, 'run');
      await rm(run, { recursive: true, force: true });
      await mkdir(join(run, 'features'), { recursive: true });
      await writeFile(join(run, 'run.json'), '{}');
      for (const [i, text] of contents.entries())
        await writeFile(join(run, `checkpoint-${i}.safetensors`), text);
      const snapshot = await takeSnapshot(run, join(folder, 'snapshot'));
      if (!snapshot) throw new Error('there is nothing to bring in');
      return store.upload(snapshot, never);
    },
    async download(store) {
      const into = join(folder, `into-${count++}`);
      const found = await store.download(into, never);
      const names = (await readdir(into).catch(() => [])).sort();
      expect(names.length > 0).toBe(found);
      if (!found) return undefined;
      expect(names[names.length - 1]).toBe('run.json');
      return Promise.all(names.slice(0, -1).map((name) => readFile(join(into, name), 'utf8')));
    },
  };
}

describe('a checkpoint in a store', () => {
  it('is what was brought in last, and what is no longer needed is deleted', async () => {
    const { store, upload, download, objects } = newPlace();
    expect(await download(store(1))).toBeUndefined();
    const first = store(1);
    await upload(first, ['a', 'b']);
    await upload(first, ['a2', 'b']);
    expect(await download(store(2))).toEqual(['a2', 'b']);
    expect(await objects.list('', { limit: 10 })).toHaveLength(4);
    const second = store(2);
    await download(second);
    await upload(second, ['a3', 'b']);
    expect(await download(store(3))).toEqual(['a3', 'b']);
    expect(await objects.list('', { limit: 10 })).toHaveLength(4);
  });

  it('of an attempt that has lost its job does not replace the newer one', async () => {
    const { store, upload, download, objects } = newPlace();
    const [older, newer] = [store(1), store(2)];
    await upload(older, ['old']);
    await download(newer);
    // In between: the older one is still at it, and the newer one takes no notice.
    expect(await upload(older, ['older still'])).toBe(true);
    expect(await upload(newer, ['new'])).toBe(true);
    expect(await upload(older, ['much too late'])).toBe(false);
    expect(await download(store(3))).toEqual(['new']);
    expect(await objects.list('', { limit: 10 })).toHaveLength(3);
  });

  it('does not come back when the job has ended', async () => {
    const { store, upload, objects } = newPlace();
    const late = store(1);
    await upload(late, ['a']);
    await removeCheckpoint(objects, 'jobs/a/checkpoint');
    expect(await upload(late, ['b'])).toBe(false);
    expect(await objects.list('', { limit: 10 })).toEqual([]);
  });

  it.each([
    ['a missing file', async (objects: Place['objects'], key: string) => objects.delete(key)],
    [
      'a damaged file',
      async (objects: Place['objects'], key: string) => objects.put(key, new TextEncoder().encode('z')),
    ],
    [
      'a file of another size',
      async (objects: Place['objects'], key: string) => objects.put(key, new Uint8Array(9)),
    ],
  ])('with %s is none, and can be replaced', async (_, spoil) => {
    const { store, upload, download, objects } = newPlace();
    await upload(store(1), ['a', 'b']);
    const [object] = await objects.list('jobs/a/checkpoint/1-', { limit: 1 });
    await spoil(objects, object?.key as string);
    const next = store(2);
    expect(await download(next)).toBeUndefined();
    await upload(next, ['c']);
    expect(await download(store(3))).toEqual(['c']);
  });

  it('whose manifest comes in part is not taken for none, and a file that comes damaged is asked for again', async () => {
    const { store, upload, download, objects } = newPlace();
    await upload(store(1), ['a', 'b']);
    const spoiled = misbehavingReads(objects);
    const reader = () => new CheckpointStore(spoiled, 'jobs/a/checkpoint', 2);
    spoiled.spoil(/manifest/, 'half');
    await expect(download(reader())).rejects.toMatchObject({ code: 'store', retryable: true });
    spoiled.spoil(/checkpoint\/1-/, 'other', 'half');
    expect(await download(reader())).toEqual(['a', 'b']);
  });

  it.each([
    '',
    '{',
    '{"attempt":1,"files":[{"name":"../x","key":"k","size":1,"sha256":"0"}]}',
    'x'.repeat(2 ** 20 + 1),
  ])('with the manifest %# is none, and can be replaced', async (text) => {
    const { store, upload, download, objects } = newPlace();
    await objects.put('jobs/a/checkpoint/manifest.json', new TextEncoder().encode(text));
    const next = store(1);
    expect(await download(next)).toBeUndefined();
    expect(await upload(next, ['c'])).toBe(true);
    expect(await download(store(2))).toEqual(['c']);
  });
});
