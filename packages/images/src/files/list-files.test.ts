import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testFolder } from '../fixtures/data-sets.js';
import { openDataSet } from '../open-data-set.js';

const folder = testFolder();

describe('links', () => {
  it('are followed, but not in circles', async () => {
    await folder.plant('real/1.png');
    await mkdir(join(folder.root, 'set'));
    await symlink(join(folder.root, 'real'), join(folder.root, 'set', 'good'));
    await symlink(join(folder.root, 'gone.png'), join(folder.root, 'real', '2.png'));
    expect((await openDataSet(join(folder.root, 'set'))).items.map(({ name }) => name)).toEqual([
      'good/1.png',
      'good/2.png',
    ]);
    await symlink(join(folder.root, 'set'), join(folder.root, 'real', 'again'));
    const { items, skipped } = await openDataSet(join(folder.root, 'set'));
    expect(items).toHaveLength(2);
    expect(skipped).toEqual([expect.objectContaining({ reason: 'loop', count: 1, names: ['good/again/'] })]);
  });
});
