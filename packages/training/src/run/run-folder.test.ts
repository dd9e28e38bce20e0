import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DataSetItem, ResumeError, StorageError } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { imagesFingerprint, RunFolder } from './run-folder.js';

const root = temporaryFolder();
const identity = { configuration: { lr: 0.1, layers: ['a', 'b'] }, plan: { patience: null }, images: 'x' };

describe('RunFolder', () => {
  it('is beside the bundle, and gone when the run is done', async () => {
    const folder = await RunFolder.open(join(root, 'deep/a'), identity, false);
    expect(folder.path).toBe(join(root, 'deep/a.training'));
    await writeFile(folder.checkpoint(0), 'x');
    await folder.remove();
    await expect(stat(folder.path)).rejects.toThrow();
  });

  it('is thrown away by a new run, and kept by one that goes on', async () => {
    const output = join(root, 'b');
    const first = await RunFolder.open(output, identity, false);
    await writeFile(first.checkpoint(0), 'x');
    const same = await RunFolder.open(output, JSON.parse(JSON.stringify(identity)), true);
    expect(await readFile(same.checkpoint(0), 'utf8')).toBe('x');
    const anew = await RunFolder.open(output, identity, false);
    await expect(stat(anew.checkpoint(0))).rejects.toThrow();
  });

  it.each<[string, Record<string, unknown>, string[]]>([
    [
      'a value',
      { ...identity, configuration: { ...identity.configuration, lr: 0.2 } },
      ['configuration.lr: 0.1 before, 0.2 now'],
    ],
    [
      'a list and something new',
      { ...identity, configuration: { lr: 0.1, layers: ['a'] }, threads: 2 },
      ['configuration.layers: ["a","b"] before, ["a"] now', 'threads: undefined before, 2 now'],
    ],
    ['a null', { ...identity, plan: { patience: 3 } }, ['plan.patience: null before, 3 now']],
  ])('is not gone on with when something has changed: %s', async (_, changed, expected) => {
    const output = join(root, 'c');
    const folder = await RunFolder.open(output, identity, false);
    await writeFile(folder.checkpoint(0), 'x');
    const error = await RunFolder.open(output, changed, true).catch((found: unknown) => found);
    expect(error).toBeInstanceOf(ResumeError);
    expect((error as ResumeError).details.changed).toEqual(expected);
    for (const change of expected) expect((error as Error).message).toContain(change);
    expect(await readFile(folder.checkpoint(0), 'utf8')).toBe('x');
  });

  it('cannot be gone on with when there is none, or when it is damaged', async () => {
    await expect(RunFolder.open(join(root, 'none'), identity, true)).rejects.toThrow(
      /there is no run to resume at ".*none.training"; train without resuming/,
    );
    expect(await readdir(root)).not.toContain('none.training');
    const { path } = await RunFolder.open(join(root, 'd'), identity, false);
    await writeFile(join(path, 'run.json'), '{"conf');
    await expect(RunFolder.open(join(root, 'd'), identity, true)).rejects.toThrow(/is damaged/);
  });

  it("does not throw away somebody's folder of the same name", async () => {
    await mkdir(join(root, 'lectures.training'));
    await writeFile(join(root, 'lectures.training', 'notes.txt'), 'mine');
    const opening = RunFolder.open(join(root, 'lectures'), identity, false);
    await expect(opening).rejects.toThrow(StorageError);
    expect(await readFile(join(root, 'lectures.training', 'notes.txt'), 'utf8')).toBe('mine');
    await writeFile(join(root, 'file.training'), 'mine');
    await expect(RunFolder.open(join(root, 'file'), identity, false)).rejects.toThrow(StorageError);
    expect(await readFile(join(root, 'file.training'), 'utf8')).toBe('mine');
  });

  it('takes over what a run killed at its very start has left', async () => {
    await mkdir(join(root, 'e.training'));
    await RunFolder.open(join(root, 'e'), identity, false);
    await mkdir(join(root, 'f.training'));
    await writeFile(join(root, 'f.training', 'run.json.123'), 'half');
    const folder = await RunFolder.open(join(root, 'f'), identity, false);
    expect(await readdir(folder.path)).toEqual(['run.json']);
  });
});

describe('imagesFingerprint', () => {
  it('tells lists of images apart by names, order, labels and sizes', async () => {
    const item = (name: string): DataSetItem => ({
      path: join(root, name),
      name,
      split: 'train',
      label: 'good',
    });
    await writeFile(join(root, 'a.png'), 'aa');
    await writeFile(join(root, 'b.png'), 'bb');
    const list = [item('a.png'), item('b.png'), item('missing.png')];
    const first = await imagesFingerprint(list);
    expect(await imagesFingerprint(list)).toBe(first);
    const others = [
      await imagesFingerprint([...list].reverse()),
      await imagesFingerprint(list.slice(0, 2)),
      await imagesFingerprint([{ ...item('a.png'), label: 'unknown' }, ...list.slice(1)]),
    ];
    await writeFile(join(root, 'b.png'), 'bbb');
    others.push(await imagesFingerprint(list));
    expect(new Set([first, ...others]).size).toBe(5);
  });
});
