import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StorageError } from '@cflow/spec';
import { expect, it } from 'vitest';
import { temporaryFolder } from './testing/temporary-folder.js';
import { writeFileAtomically } from './write-file-atomically.js';

const folder = temporaryFolder();

it('replaces a file and leaves nothing beside it', async () => {
  const path = join(folder, 'file');
  await writeFileAtomically(path, 'old');
  await writeFileAtomically(path, Uint8Array.of(110, 101, 119));
  expect(await readFile(path, 'utf8')).toBe('new');
  expect(await readdir(folder)).toEqual(['file']);
});

it('leaves what was there when it cannot', async () => {
  const path = join(folder, 'folder');
  await mkdir(join(path, 'inside'), { recursive: true });
  await expect(writeFileAtomically(path, 'new')).rejects.toThrow(StorageError);
  await expect(writeFileAtomically(join(folder, 'no/such/file'), 'new')).rejects.toThrow(StorageError);
  expect(await readdir(path)).toEqual(['inside']);
  expect((await readdir(folder)).sort()).toEqual(['file', 'folder']);
});
