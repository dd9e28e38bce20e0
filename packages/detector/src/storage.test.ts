import { execFile } from 'node:child_process';
import { chmod, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { StorageError } from '@cflow/spec';
import { afterAll, describe, expect, it } from 'vitest';
import { verifyBundle } from './bundle.js';
import { folderBundle } from './folder-bundle.js';
import { makeBundle } from './testing/make-bundle.js';
import { startScript } from './testing/start-script.js';
import { temporaryFolder } from './testing/temporary-folder.js';
import { writeFolderBundle } from './write-folder-bundle.js';

const folder = await temporaryFolder();
const [old, next] = [await makeBundle({ name: 'old' }), await makeBundle({ name: 'next', seed: 1 })];
const bytes = [...old.values()].reduce((sum, file) => sum + file.length, 0);
const nameOf = async (path: string): Promise<string> =>
  (await verifyBundle(folderBundle(path))).manifest.name;

/** A file system with room for one and a half bundles; or why there is none. */
async function smallDisk(): Promise<{ path: string } | { reason: string }> {
  const path = join(folder, 'small-disk');
  await mkdir(path);
  try {
    const size = `size=${Math.ceil((1.5 * bytes) / 1024)}k`;
    await promisify(execFile)('mount', ['-t', 'tmpfs', '-o', size, 'tmpfs', path]);
    afterAll(() => promisify(execFile)('umount', [path]));
    return { path };
  } catch (error) {
    return { reason: (error as Error).message.split('\n').at(-2) ?? 'mount failed' };
  }
}

const disk = await smallDisk();

describe('a full disk', () => {
  if ('reason' in disk) {
    it.skip(`is told, and the old bundle stays (not tested: no small file system here, ${disk.reason})`);
    return;
  }
  it('is told, and the old bundle stays', async () => {
    const path = join(disk.path, 'bundle');
    await writeFolderBundle(path, old);
    for (let attempt = 0; attempt < 2; attempt++) {
      const error = await writeFolderBundle(path, next).catch((found: unknown) => found);
      expect(error).toBeInstanceOf(StorageError);
      expect(error).toMatchObject({ code: 'storage-full', retryable: true, details: { path } });
      expect((error as Error).message).toMatch(/the disk is full: ".*bundle" could not be written/);
      expect(await nameOf(path)).toBe('old');
      // What was half written is gone, so that there is room for whatever the user does next.
      expect(await readdir(disk.path)).toEqual(['bundle']);
    }
  });
});

describe('a folder without permission', () => {
  const root = process.getuid?.() === 0;
  if (process.platform === 'win32') {
    it.skip('is told, and the old bundle stays (not tested: Windows has other permissions)');
    return;
  }
  it('is told, and the old bundle stays', async () => {
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
