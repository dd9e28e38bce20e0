import { appendFile, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Frame } from '../frame.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { fileStamp } from './file-stamp.js';
import { type FolderEvent, FolderSource, type FolderSourceOptions } from './folder-source.js';

const root = temporaryFolder();
const signal = new AbortController().signal;

const stampOf = (frame: Pick<Frame, 'picture'> | undefined): string =>
  (frame as { picture: { stamp: string } }).picture.stamp;

async function watched(name: string, options: Partial<FolderSourceOptions> = {}) {
  const folder = join(root, name);
  await mkdir(folder);
  const events: FolderEvent[] = [];
  const taken = new Map<string, string>();
  const source = await FolderSource.open({
    path: folder,
    taken,
    lastNumber: 0,
    settleMs: 60,
    pollMs: 10,
    onEvent: (event) => events.push(event),
    ...options,
  });
  return { folder, source, taken, events };
}

describe('FolderSource', () => {
  it('takes each image once, in the order in which they were written', async () => {
    const { folder, source, taken } = await watched('order');
    for (const name of ['c', 'a', 'b']) {
      await writeFile(join(folder, `${name}.png`), name);
      // Times of files are those of the kernel's last tick.
      await sleep(20);
    }
    const first = await source.take(2, signal);
    const second = await source.take(2, signal);
    expect([...first, ...second].map(({ name, number }) => [name, number])).toEqual([
      ['c.png', 1],
      ['a.png', 2],
      ['b.png', 3],
    ]);
    for (const { name, picture } of [...first, ...second]) taken.set(name, stampOf({ picture }));
    await mkdir(join(folder, 'below'));
    await writeFile(join(folder, 'below', 'd.png'), 'd');
    expect((await source.take(5, signal)).map(({ name }) => name)).toEqual(['below/d.png']);
  });

  it('does not take a file before it is whole', async () => {
    const { folder, source } = await watched('growing');
    const path = join(folder, 'a.png');
    await writeFile(path, '');
    let writing = true;
    const written = (async () => {
      for (let i = 0; i < 15; i++) {
        await sleep(20);
        await appendFile(path, 'more');
      }
      writing = false;
    })();
    const [frame] = await source.take(1, signal);
    expect(writing).toBe(false);
    expect(frame?.picture).toEqual({ path: expect.any(String), stamp: await fileStamp(path) });
    await written;
  });

  it('takes a file that was renamed in, and again one that is written anew', async () => {
    const { folder, source, taken } = await watched('renamed');
    await writeFile(join(folder, '.a.png.partial'), 'a');
    const taking = source.take(1, signal);
    await sleep(150);
    await rename(join(folder, '.a.png.partial'), join(folder, 'a.png'));
    const [first] = await taking;
    taken.set('a.png', stampOf(first));
    await writeFile(join(folder, 'a.png'), 'another');
    const [second] = await source.take(1, signal);
    expect([second?.name, second?.number]).toEqual(['a.png', 2]);
  });

  it('knows what was taken before, and ends when all was, where it is told to', async () => {
    const { folder, source, taken } = await watched('before', { once: true, lastNumber: 7 });
    await writeFile(join(folder, 'a.png'), 'a');
    await writeFile(join(folder, 'b.png'), 'b');
    taken.set('a.png', (await fileStamp(join(folder, 'a.png'))) as string);
    expect((await source.take(5, signal)).map(({ name, number }) => [name, number])).toEqual([['b.png', 8]]);
    expect(await source.take(5, signal)).toEqual([]);
  });

  it('waits for a folder that vanishes, says so once, and takes nothing twice when it is back', async () => {
    const { folder, source, taken, events } = await watched('vanishing');
    await writeFile(join(folder, 'a.png'), 'a');
    const [a] = await source.take(1, signal);
    taken.set('a.png', stampOf(a));
    await rename(folder, `${folder}-away`);
    const taking = source.take(5, signal);
    await expect.poll(() => events.map(({ type }) => type)).toEqual(['source-lost']);
    await sleep(100);
    await rename(`${folder}-away`, folder);
    await writeFile(join(folder, 'b.png'), 'b');
    expect((await taking).map(({ name }) => name)).toEqual(['b.png']);
    expect(events.map(({ type }) => type)).toEqual(['source-lost', 'source-back']);
    await rm(folder, { recursive: true });
  });

  it('names what it passes by, once', async () => {
    const { folder, source, events } = await watched('others', { once: true });
    await writeFile(join(folder, 'a.txt'), 'a');
    await writeFile(join(folder, 'b.heic'), 'b');
    await writeFile(join(folder, '.hidden.png'), 'c');
    await source.take(1, signal);
    await source.take(1, signal);
    expect(events).toEqual([
      { type: 'file-skipped', name: 'a.txt', reason: 'not-an-image' },
      { type: 'file-skipped', name: 'b.heic', reason: 'unsupported-format' },
    ]);
  });

  it('refuses what is no folder, and stops when told to', async () => {
    const options = { taken: new Map(), lastNumber: 0 };
    await expect(FolderSource.open({ path: join(root, 'nowhere'), ...options })).rejects.toThrow(
      /expected a folder to watch, got ".*nowhere", which is not there; make it/,
    );
    const { source } = await watched('stopped');
    const controller = new AbortController();
    const taking = source.take(1, controller.signal);
    controller.abort(new Error('enough'));
    await expect(taking).rejects.toThrow('enough');
  });
});
