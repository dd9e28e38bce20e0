import { execFile } from 'node:child_process';
import { chmod, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { StorageError } from '@cflow/spec';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startScript } from '../../../test/support/start-script.js';
import { folderBundle } from './folder-bundle.js';
import { makeBundle } from './testing/make-bundle.js';
import { temporaryFolder } from './testing/temporary-folder.js';
import { verifyBundle } from './verify-bundle.js';
import { writeFileAtomically } from './write-file-atomically.js';
import { writeFolderBundle } from './write-folder-bundle.js';

const folder = temporaryFolder();
const [old, next] = [await makeBundle({ name: 'old' }), await makeBundle({ name: 'next', seed: 1 })];
const bytes = [...old.values()].reduce((sum, file) => sum + file.length, 0);
const run = promisify(execFile);
const nameOf = async (path: string): Promise<string> =>
  (await verifyBundle(folderBundle(path))).manifest.name;

describe('a full disk', () => {
  const disk = join(folder, 'small-disk');
  let unavailable: string | undefined;

  // A file system with room for one and a half bundles, where it may be made.
  beforeAll(async () => {
    await mkdir(disk);
    const size = `size=${Math.ceil((1.5 * bytes) / 1024)}k`;
    await run('mount', ['-t', 'tmpfs', '-o', size, 'tmpfs', disk]).catch((error: Error) => {
      unavailable = error.message.trim();
    });
  });
  afterAll(async () => {
    if (unavailable === undefined) await run('umount', [disk]);
  });

  it('is told, and the old bundle stays', async ({ skip }) => {
    if (unavailable !== undefined) skip(`no small file system can be made here: ${unavailable}`);
    const path = join(disk, 'bundle');
    await writeFolderBundle(path, old);
    for (let attempt = 0; attempt < 2; attempt++) {
      const error = await writeFolderBundle(path, next).catch((found: unknown) => found);
      expect(error).toBeInstanceOf(StorageError);
      expect(error).toMatchObject({ code: 'storage-full', retryable: true, details: { path } });
      expect((error as Error).message).toMatch(/the disk is full: ".*bundle" could not be written/);
      expect(await nameOf(path)).toBe('old');
      // What was half written is gone, so that there is room for whatever the user does next.
      expect(await readdir(disk)).toEqual(['bundle']);
    }
  });

  it('is told also by a file that almost fits', async ({ skip }) => {
    if (unavailable !== undefined) skip(`no small file system can be made here: ${unavailable}`);
    const path = join(disk, 'file');
    await writeFileAtomically(path, 'old');
    // The system writes what it can of this at first, and refuses the rest.
    const error = await writeFileAtomically(path, new Uint8Array(2 * bytes)).catch((found: unknown) => found);
    expect(error).toMatchObject({ code: 'storage-full' });
    expect(await readFile(path, 'utf8')).toBe('old');
    expect((await readdir(disk)).filter((name) => name.startsWith('file'))).toEqual(['file']);
  });
});

describe('a folder without permission', () => {
  const root = process.getuid?.() === 0;
  it('is told, and the old bundle stays', async ({ skip }) => {
    if (process.platform === 'win32') skip('Windows has other permissions');
    const shut = join(folder, 'shut');
    const source = join(folder, 'source');
    await writeFolderBundle(join(shut, 'bundle'), old);
    await writeFolderBundle(source, next);
    await chmod(folder, 0o755);
    await chmod(shut, 0o555);
    try {
      // Root may write anywhere, so somebody else has to try.
      const { stdout, stderr } = await startScript(
        new URL('testing/write-once.ts', import.meta.url),
        [join(shut, 'bundle'), source],
        { ...(root && { uid: 65534, gid: 65534 }) },
      ).ended;
      expect(JSON.parse(stdout || JSON.stringify(stderr))).toMatchObject({
        name: 'StorageError',
        code: 'permission',
        retryable: false,
        message: expect.stringMatching(/bundle" may not be read or written/),
      });
      expect(await nameOf(join(shut, 'bundle'))).toBe('old');
      expect(await readdir(shut)).toEqual(['bundle']);
    } finally {
      await chmod(shut, 0o755);
    }
  });
});
