import { createHash } from 'node:crypto';
import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { StorageError, WeightsError } from '@cflow/spec';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asOrdinaryUser } from '../../../../test/support/as-ordinary-user.js';
import { cacheFolder } from './cache-folder.js';
import { EMBEDDED_BACKBONE_SHA256, loadEmbeddedBackbone } from './embedded-cache.js';
import { OBJECTRON } from './objectron.js';
import { storageError, writeAtomically } from './write-atomically.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cflow-cache-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const installed = dirname(createRequire(import.meta.url).resolve(`${OBJECTRON.package}/package.json`));

describe('loadEmbeddedBackbone', () => {
  it('converts once, to the pinned bytes, and reads them again without the package', async () => {
    const first = await loadEmbeddedBackbone({ cacheDir: folder });
    const path = first.path as string;
    const bytes = await readFile(path);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(EMBEDDED_BACKBONE_SHA256);
    const { mtimeMs } = await stat(path);
    const second = await loadEmbeddedBackbone({ cacheDir: folder, packageDir: '/nowhere' });
    expect([second.path, second.sha256]).toEqual([first.path, first.sha256]);
    expect(second.graph.layers.map(({ name }) => name)).toEqual(first.graph.layers.map(({ name }) => name));
    expect((await stat(path)).mtimeMs).toBe(mtimeMs);
    expect(await readdir(dirname(path))).toHaveLength(1);
  });

  it('does without a cache that cannot be written', async () => {
    await writeFile(join(folder, 'file'), '');
    const { graph, path } = await loadEmbeddedBackbone({ cacheDir: join(folder, 'file') });
    expect(path).toBeUndefined();
    expect(graph.layers.length).toBeGreaterThan(0);
  });

  it('makes a damaged cache again', async () => {
    const { path = '' } = await loadEmbeddedBackbone({ cacheDir: folder });
    const file = await open(path, 'r+');
    await file.write(Uint8Array.of(1), 0, 1, 100_000);
    await file.close();
    await loadEmbeddedBackbone({ cacheDir: folder });
    expect(
      createHash('sha256')
        .update(await readFile(path))
        .digest('hex'),
    ).toBe(EMBEDDED_BACKBONE_SHA256);
  });

  it('says what to do when the package is missing', async () => {
    const failed = loadEmbeddedBackbone({ cacheDir: folder, packageDir: join(folder, 'absent') });
    await expect(failed).rejects.toThrow(/cannot read the embedded backbone.*install @mediapipe\/objectron@/);
    await expect(failed).rejects.toBeInstanceOf(WeightsError);
    expect(await readdir(folder)).toEqual([]);
  });

  it('refuses a package with one flipped bit, or cut short', async () => {
    const copy = join(folder, 'package');
    await mkdir(copy);
    await copyFile(join(installed, OBJECTRON.loader), join(copy, OBJECTRON.loader));
    const assets = await readFile(join(installed, OBJECTRON.assets));
    assets[5_000_000] = assets[5_000_000]! ^ 1;
    await writeFile(join(copy, OBJECTRON.assets), assets);
    await expect(loadEmbeddedBackbone({ cacheDir: folder, packageDir: copy })).rejects.toThrow(
      /SHA-256 [0-9a-f]{64}, expected d0a5255b/,
    );
    await writeFile(join(copy, OBJECTRON.assets), assets.subarray(0, 1000));
    await expect(loadEmbeddedBackbone({ cacheDir: folder, packageDir: copy })).rejects.toThrow(/cut short/);
  });
});

describe('writeAtomically', () => {
  it('leaves the old file and nothing else when writing fails', async () => {
    const path = join(folder, 'a');
    await writeFile(path, 'old');
    const failing = writeAtomically(path, async (file) => {
      await file.writeFile('half');
      throw new Error('stop');
    });
    await expect(failing).rejects.toThrow('stop');
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['a']);
  });

  it('sweeps what a killed process left a day ago, and nothing younger', async () => {
    const path = join(folder, 'a');
    await writeFile(`${path}.1.partial`, 'old');
    await writeFile(`${path}.2.partial`, 'young');
    await utimes(`${path}.1.partial`, 0, 0);
    await writeAtomically(path, async (file) => {
      await file.writeFile('new');
    });
    expect((await readdir(folder)).sort()).toEqual(['a', 'a.2.partial']);
  });

  it.skipIf(process.platform !== 'linux')(
    'says that the disk is full (needs /dev/full, so Linux only)',
    async () => {
      const full = await open('/dev/full', 'w');
      const failing = writeAtomically(join(folder, 'a'), async () => {
        await full.writeFile('x');
      });
      await expect(failing).rejects.toMatchObject({
        code: 'storage-full',
        message: expect.stringContaining('no space left'),
      });
      await full.close();
      expect(await readdir(folder)).toEqual([]);
    },
  );

  it('says that something else is in the place of a folder', async () => {
    await writeFile(join(folder, 'file'), '');
    const failing = writeAtomically(join(folder, 'file', 'a'), async () => {});
    await expect(failing).rejects.toBeInstanceOf(StorageError);
  });

  it.skipIf(process.platform === 'win32')(
    'says that the folder is not permitted (Windows is never refused by mode bits)',
    async () => {
      await chmod(folder, 0o555);
      await asOrdinaryUser(() =>
        expect(writeAtomically(join(folder, 'a'), async () => {})).rejects.toMatchObject({
          code: 'permission',
        }),
      );
      await chmod(folder, 0o700);
    },
  );
});

describe('storageError', () => {
  it.each([
    ['ENOSPC', 'storage-full'],
    ['EDQUOT', 'storage-full'],
    ['EACCES', 'permission'],
    ['EROFS', 'permission'],
  ])('turns %s into %s', (errno, code) => {
    const cause = Object.assign(new Error(errno), { code: errno });
    expect(storageError(cause, 'p')).toMatchObject({ code, cause, details: { path: 'p', errno } });
  });

  it('leaves other errors alone', () => {
    const error = new Error('other');
    expect(storageError(error, 'p')).toBe(error);
  });
});

describe('cacheFolder', () => {
  it.each([
    [{ CFLOW_CACHE: '/c' }, 'linux', '/c'],
    [{ XDG_CACHE_HOME: '/x' }, 'linux', join('/x', 'cflow')],
    [{ XDG_CACHE_HOME: 'relative' }, 'linux', join('/home', '.cache', 'cflow')],
    [{}, 'darwin', join('/home', 'Library', 'Caches', 'cflow')],
    [{ LOCALAPPDATA: '/l' }, 'win32', join('/l', 'cflow', 'Cache')],
  ] as const)('is, for %j on %s, %s', (environment, platform, expected) => {
    expect(cacheFolder(environment, platform, '/home')).toBe(expected);
  });
});
