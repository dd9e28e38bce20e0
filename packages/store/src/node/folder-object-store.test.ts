import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startScript } from '../../../../test/support/start-script.js';
import { bundleOf, testBundle } from '../conformance/test-bundle.js';
import { ObjectRegistry } from '../object-registry.js';
import { readAll } from '../read-all.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { folderObjectStore } from './folder-object-store.js';

const folder = temporaryFolder();
const run = promisify(execFile);
const script = (name: string): URL => new URL(`../testing/scripts/${name}`, import.meta.url);

describe('a writer that is killed', () => {
  it('leaves whole objects, no lock, and what it left is swept', async () => {
    const root = join(folder, 'killed');
    const store = folderObjectStore(root);
    let left = 0;
    for (let round = 0; round < 6; round++) {
      const writer = startScript(script('put-for-ever.ts'), [root]);
      await writer.printed('writing');
      await sleep(Math.random() * 40);
      writer.child.kill('SIGKILL');
      await writer.ended;
      for (const { key, size } of await store.list('', { limit: 100 })) {
        expect(key).toMatch(/^objects\/[012]$/);
        expect(size).toBe(64 * 2 ** 16);
        const object = await store.get(key);
        const bytes = await readAll(object?.body as ReadableStream<Uint8Array>, size, key);
        expect(bytes.every((byte) => byte === bytes[0])).toBe(true);
      }
      // Whatever lock it held, nobody waits for it.
      for (const key of ['objects/0', 'objects/1', 'objects/2']) {
        const etag = (await store.head(key))?.etag ?? null;
        expect(await store.put(key, new Uint8Array(64 * 2 ** 16), { ifMatch: etag })).toMatchObject({
          written: true,
        });
      }
      left += (await readdir(join(root, '~incoming'))).length;
    }
    expect(left).toBeGreaterThan(0);
    const old = new Date(Date.now() - 7_200_000);
    for (const name of await readdir(join(root, '~incoming')))
      await utimes(join(root, '~incoming', name), old, old);
    await folderObjectStore(root).put('another', new Uint8Array());
    expect(await readdir(join(root, '~incoming'))).toEqual([]);
    expect((await readdir(join(root, '~locks'))).filter((name) => !name.startsWith('draft-'))).toEqual([]);
  });
});

describe('a full disk', () => {
  const disk = join(folder, 'small-disk');
  let unavailable: string | undefined;
  beforeAll(async () => {
    await mkdir(disk);
    await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]).catch((error: Error) => {
      unavailable = error.message.trim();
    });
  });
  afterAll(async () => {
    if (unavailable === undefined) await run('umount', [disk]);
  });

  it('is told, and nothing half is left', async ({ skip }) => {
    if (unavailable !== undefined) skip(`no small file system can be made here: ${unavailable}`);
    const store = folderObjectStore(join(disk, 'store'));
    await store.put('a', new Uint8Array([1]));
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (sent++ < 64) controller.enqueue(new Uint8Array(2 ** 16));
        else controller.close();
      },
    });
    for (const content of [new Uint8Array(2 ** 21), endless]) {
      await expect(store.put('a', content)).rejects.toMatchObject({ code: 'storage-full', retryable: true });
    }
    expect(await store.head('a')).toMatchObject({ size: 1 });
    expect(await readdir(join(disk, 'store', '~incoming'))).toEqual([]);
    expect(await store.put('b', new Uint8Array(2 ** 19))).toMatchObject({ written: true });
  });
});

describe('links and strange files', () => {
  it('does not follow a link out of the folder', async () => {
    const [root, outside] = [join(folder, 'links'), join(folder, 'outside')];
    await mkdir(outside);
    await mkdir(root);
    await writeFile(join(outside, 'secret'), 'secret');
    await symlink(outside, join(root, 'way'));
    await symlink(join(outside, 'secret'), join(root, 'file'));
    const store = folderObjectStore(root);
    for (const key of ['way/secret', 'file']) {
      await expect(store.get(key)).rejects.toMatchObject({ code: 'permission' });
      await expect(store.head(key)).rejects.toMatchObject({ code: 'permission' });
      await expect(store.put(key, new Uint8Array())).rejects.toMatchObject({ code: 'permission' });
      await expect(store.delete(key)).rejects.toMatchObject({ code: 'permission' });
    }
    await expect(store.put('way/new', new Uint8Array())).rejects.toMatchObject({ code: 'permission' });
    expect(await store.list('', { limit: 10 })).toEqual([]);
    expect(await readdir(outside)).toEqual(['secret']);
    expect(await readFile(join(outside, 'secret'), 'utf8')).toBe('secret');
  });

  it('has no object where a pipe or a folder is', async () => {
    const root = join(folder, 'strange');
    await mkdir(join(root, 'folder'), { recursive: true });
    await run('mkfifo', [join(root, 'pipe')]);
    const store = folderObjectStore(root);
    expect(await store.get('pipe')).toBeUndefined();
    expect(await store.head('folder')).toBeUndefined();
    await store.put('file', new Uint8Array());
    await expect(store.put('file/below', new Uint8Array())).rejects.toMatchObject({ code: 'store' });
    expect(await store.head('file/below')).toBeUndefined();
  });
});

describe('streams', () => {
  it('reads no faster than it is read', async () => {
    const store = folderObjectStore(join(folder, 'slow'));
    let pulled = 0;
    const content = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          if (pulled++ < 32) controller.enqueue(new Uint8Array(2 ** 18));
          else controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    await store.put('a', content);
    expect(pulled).toBe(33);
    const object = await store.get('a');
    const reader = object?.body.getReader();
    expect((await reader?.read())?.value?.length).toBeLessThanOrEqual(2 ** 18);
    await reader?.cancel();
    // The file is closed: a deleted object is not kept alive by it.
    await store.delete('a');
    const open = await readdir('/proc/self/fd').catch(() => []);
    const paths = await Promise.all(
      open.map((fd) =>
        import('node:fs/promises').then(({ readlink }) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
      ),
    );
    expect(paths.filter((path) => path.startsWith(join(folder, 'slow')))).toEqual([]);
  });

  it('fails when it is aborted', async () => {
    const store = folderObjectStore(join(folder, 'aborted'));
    await store.put('a', new Uint8Array(2 ** 20));
    const controller = new AbortController();
    const object = await store.get('a', { signal: controller.signal });
    const reader = object?.body.getReader();
    await reader?.read();
    controller.abort(new Error('enough'));
    await expect(reader?.read()).rejects.toThrow('enough');
  });
});

describe('several processes', () => {
  it('move one alias, one at a time', async () => {
    const root = join(folder, 'shared');
    const registry = new ObjectRegistry(folderObjectStore(root));
    const files = await testBundle();
    const versions: string[] = [];
    for (const createdAt of ['2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z']) {
      const version = await registry.stage('wood', await bundleOf(files, createdAt));
      await registry.publish('wood', version, { alias: 'latest' });
      versions.push(version);
    }
    const [one, two] = versions as [string, string];
    const times = 60;
    const movers = Array.from({ length: 2 }, () =>
      startScript(script('move-alias.ts'), [root, one, two, String(times)]),
    );
    const results = await Promise.all(
      movers.map(async ({ ended }) => {
        const { stdout, stderr } = await ended;
        return JSON.parse(stdout || JSON.stringify(stderr)) as {
          moves: number;
          fromOne: number;
          conflicts: number;
        };
      }),
    );
    // Every move began where another had ended, so there were as many from the one as from the other.
    const total = 2 * times;
    expect(results.map(({ moves }) => moves)).toEqual([times, times]);
    expect(results.reduce((sum, { fromOne }) => sum + fromOne, 0)).toBe(total / 2);
    expect(await registry.resolve('wood', 'latest')).toBe(two);
  });
});
