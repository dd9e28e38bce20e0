import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { withMarked } from './with-marked.js';

const root = temporaryFolder();

it('places marked images, also where there are bad ones alone', async () => {
  const own = { layout: 'mvtec', name: 'wood', root: '/wood', items: [] } as const;
  const write = async (path: string): Promise<void> => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), '');
  };
  await write('test/bad/b.png');
  await write('test/bad/a.jpeg');
  await write('ground_truth/bad/b_mask.pgm');
  const bad = { split: 'test', label: 'bad' };
  const { items } = await withMarked({ ...own, items: [] }, root);
  expect(items).toEqual([
    { ...bad, path: join(root, 'test/bad/a.jpeg'), name: 'marked/test/bad/a.jpeg' },
    {
      ...bad,
      path: join(root, 'test/bad/b.png'),
      name: 'marked/test/bad/b.png',
      maskPaths: [join(root, 'ground_truth/bad/b_mask.pgm')],
    },
  ]);
  await write('train/good/c.png');
  expect((await withMarked({ ...own, items: [] }, root)).items[0]).toMatchObject({
    name: 'marked/train/good/c.png',
    split: 'train',
    label: 'good',
  });
});
