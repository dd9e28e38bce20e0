import { mkdir, mkdtemp, readdir, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { removeFolder } from './remove-folder.js';

it('removes a folder with all that is in it, follows no link, and lets others have their turns meanwhile', async () => {
  const root = await mkdtemp(join(tmpdir(), 'remove-folder-'));
  const [folder, beside] = [join(root, 'folder'), join(root, 'beside')];
  await mkdir(beside);
  await writeFile(join(beside, 'kept'), '');
  for (const part of ['a', 'a/b', 'c']) {
    await mkdir(join(folder, part), { recursive: true });
    for (let first = 0; first < 2000; first += 100) {
      await Promise.all(
        Array.from({ length: 100 }, (_, i) => writeFile(join(folder, part, `${first + i}`), '')),
      );
    }
  }
  await symlink(beside, join(folder, 'link'));
  let turns = 0;
  const counting = setInterval(() => turns++, 0);
  await removeFolder(folder);
  clearInterval(counting);
  expect(await readdir(root)).toEqual(['beside']);
  expect(await readdir(beside)).toEqual(['kept']);
  // As many batches of unlinked files, with a turn of the event loop each at least.
  expect(turns).toBeGreaterThan(6000 / 32 / 4);
  await removeFolder(root);
  await expect(readdir(root)).rejects.toThrow('ENOENT');
  await removeFolder(root);
});
