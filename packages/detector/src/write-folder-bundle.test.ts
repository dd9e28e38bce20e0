import { mkdir, readdir, readFile, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BUNDLE_FILES, StorageError } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { folderBundle } from './folder-bundle.js';
import { recoverFolder } from './replace-folder.js';
import { makeBundle } from './testing/make-bundle.js';
import { temporaryFolder } from './testing/temporary-folder.js';
import { verifyBundle } from './verify-bundle.js';
import { writeFolderBundle } from './write-folder-bundle.js';

const root = temporaryFolder();
const [old, next] = [await makeBundle({ name: 'old' }), await makeBundle({ name: 'next', seed: 1 })];
const nameOf = async (path: string): Promise<string> =>
  (await verifyBundle(folderBundle(path))).manifest.name;

let count = 0;
async function emptyFolder(): Promise<string> {
  const path = join(root, `${count++}`);
  await mkdir(path);
  return path;
}

describe('writeFolderBundle', () => {
  it('makes the folders above, and leaves nothing beside the bundle', async () => {
    const folder = await emptyFolder();
    const path = join(folder, 'a/b/bundle');
    await writeFolderBundle(path, old);
    await writeFolderBundle(path, next);
    expect(await nameOf(path)).toBe('next');
    expect(await readdir(join(folder, 'a/b'))).toEqual(['bundle']);
    expect((await readdir(path)).sort()).toEqual(Object.values(BUNDLE_FILES).sort());
  });

  it.skipIf(process.platform === 'win32')('gives the folder the usual permissions', async () => {
    const path = join(await emptyFolder(), 'bundle');
    const before = process.umask(0o022);
    try {
      await writeFolderBundle(path, old);
    } finally {
      process.umask(before);
    }
    expect((await stat(path)).mode & 0o777).toBe(0o755);
    expect((await stat(join(path, 'head.onnx'))).mode & 0o777).toBe(0o644);
  });

  it('takes an empty folder, and one of which only a file manager knows more', async () => {
    const path = await emptyFolder();
    await writeFolderBundle(path, old);
    await writeFile(join(path, '.DS_Store'), '');
    await writeFolderBundle(path, next);
    expect(await nameOf(path)).toBe('next');
  });

  it('replaces a damaged bundle', async () => {
    const path = join(await emptyFolder(), 'bundle');
    await writeFolderBundle(path, old);
    await writeFile(join(path, 'manifest.json'), 'junk');
    await writeFolderBundle(path, next);
    expect(await nameOf(path)).toBe('next');
  });

  it('replaces the folder behind a link, not the link', async () => {
    const folder = await emptyFolder();
    await writeFolderBundle(join(folder, 'v1'), old);
    await symlink(join(folder, 'v1'), join(folder, 'current'));
    await writeFolderBundle(join(folder, 'current'), next);
    expect(await nameOf(join(folder, 'v1'))).toBe('next');
    expect((await readdir(folder)).sort()).toEqual(['current', 'v1']);
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['other files', { 'thesis.tex': 'x' }, /is not a bundle/],
    ['a web app', { 'manifest.json': '{}', 'index.html': '' }, /holds more than a bundle \(index.html\)/],
    ['weights alone', { 'decoders.safetensors': '' }, /is not a bundle/],
  ])('does not replace a folder of %s', async (_, contents, message) => {
    const path = await emptyFolder();
    for (const [name, text] of Object.entries(contents)) await writeFile(join(path, name), text);
    const error = await writeFolderBundle(path, next).catch((found: unknown) => found);
    expect(error).toBeInstanceOf(StorageError);
    expect((error as Error).message).toMatch(message);
    expect((await readdir(path)).sort()).toEqual(Object.keys(contents).sort());
  });

  it('does not replace a file', async () => {
    const path = join(await emptyFolder(), 'file');
    await writeFile(path, 'mine');
    await expect(writeFolderBundle(path, next)).rejects.toThrow(/is a file; choose another/);
    await expect(writeFolderBundle(join(path, 'below'), next)).rejects.toThrow(StorageError);
    expect(await readFile(path, 'utf8')).toBe('mine');
  });

  it('leaves the old bundle where it was when a file cannot be written', async () => {
    const folder = await emptyFolder();
    const path = join(folder, 'bundle');
    await writeFolderBundle(path, old);
    const broken = new Map(next).set('no/such/folder', new Uint8Array(1));
    await expect(writeFolderBundle(path, broken)).rejects.toThrow(StorageError);
    expect(await nameOf(path)).toBe('old');
    expect(await readdir(folder)).toEqual(['bundle']);
  });

  it('sweeps what killed processes left, when it is old', async () => {
    const folder = await emptyFolder();
    const path = join(folder, 'bundle');
    for (const name of ['bundle.new-dead', 'bundle.new-busy', 'bundler.new-other']) {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, 'head.onnx'), 'part');
    }
    for (const name of ['bundle.new-dead', 'bundler.new-other']) await utimes(join(folder, name), 0, 0);
    await writeFolderBundle(path, old);
    expect((await readdir(folder)).sort()).toEqual(['bundle', 'bundle.new-busy', 'bundler.new-other']);
  });
});

// What is on disk when a process dies between any two steps of the replacement.
describe('a bundle whose replacement was cut off', () => {
  async function cutOff(state: 'half written' | 'set aside' | 'replaced'): Promise<string> {
    const folder = await emptyFolder();
    const path = join(folder, 'bundle');
    await writeFolderBundle(path, old);
    const scratch = `${path}.new-1234`;
    await writeFolderBundle(scratch, next);
    if (state === 'half written') await rm(join(scratch, 'manifest.json'));
    else await rename(path, `${path}.old`);
    if (state === 'replaced') await rename(scratch, path);
    return path;
  }

  it.each([
    ['half written', 'old'],
    ['set aside', 'old'],
    ['replaced', 'next'],
  ] as const)('is whole: %s', async (state, expected) => {
    const path = await cutOff(state);
    expect(await nameOf(path)).toBe(expected);
    const source = folderBundle(path);
    // Weights are read by path, which must lead to the same bundle.
    const bytes = await readFile((await source.path?.('decoders.safetensors')) as string);
    const expectedBytes = (expected === 'old' ? old : next).get('decoders.safetensors') as Uint8Array;
    expect(Buffer.compare(bytes, expectedBytes)).toBe(0);
  });

  it.each(['half written', 'set aside', 'replaced'] as const)('can be replaced again: %s', async (state) => {
    const path = await cutOff(state);
    await writeFolderBundle(path, next);
    expect(await nameOf(path)).toBe('next');
    await writeFolderBundle(path, old);
    expect(await nameOf(path)).toBe('old');
    await expect(stat(`${path}.old`)).rejects.toThrow();
  });

  it('is put back before anything is written that may fail', async () => {
    const path = await cutOff('set aside');
    const broken = new Map(next).set('no/such/folder', new Uint8Array(1));
    await expect(writeFolderBundle(path, broken)).rejects.toThrow(StorageError);
    expect(await nameOf(path)).toBe('old');
  });

  it('is put back by recoverFolder, which otherwise changes nothing', async () => {
    const path = await cutOff('set aside');
    await recoverFolder(path);
    expect((await stat(path)).isDirectory()).toBe(true);
    await recoverFolder(path);
    expect(await nameOf(path)).toBe('old');
    const replaced = await cutOff('replaced');
    await recoverFolder(replaced);
    expect(await nameOf(replaced)).toBe('next');
  });
});

describe('a bundle that is rewritten all the time', () => {
  it('is whole for whoever opens it', async () => {
    const path = join(await emptyFolder(), 'bundle');
    await writeFolderBundle(path, old);
    let writing = true;
    const seen = new Map<string, number>();
    const reader = (async () => {
      while (writing) {
        const name = await nameOf(path);
        seen.set(name, (seen.get(name) ?? 0) + 1);
      }
    })();
    for (let i = 0; i < 60; i++) await writeFolderBundle(path, i % 2 ? old : next);
    writing = false;
    await reader;
    expect([...seen.keys()].sort()).toEqual(['next', 'old']);
  });
});
