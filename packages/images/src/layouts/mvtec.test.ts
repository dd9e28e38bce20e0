import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { failure, summary, testFolder } from '../fixtures/data-sets.js';
import { openDataSet } from '../open-data-set.js';

const folder = testFolder();

describe('MVTec AD', () => {
  const tree = [
    'train/good/b ü.png',
    'train/good/a.PNG',
    'train/good/Z.jpg',
    'test/good/0.png',
    'test/small crack/0.png',
    'test/small crack/1.png',
    'ground_truth/small crack/0_mask.png',
    'ground_truth/small crack/1.png',
  ];

  it('is recognized and read, in code-unit order', async () => {
    await folder.plant(...tree, '.hidden.png', 'train/good/._a.png', '__MACOSX/train/good/a.png');
    await folder.write({
      'license.txt': 'text',
      'train/good/notes.md': 'text',
      'train/good/Thumbs.db': 'x',
    });
    const set = await openDataSet(folder.root);
    expect(set.layout).toBe('mvtec');
    expect([set.name, set.root]).toEqual([basename(folder.root), folder.root]);
    expect(summary(set)).toEqual([
      'test/good/0.png | test | good | - | -',
      'test/small crack/0.png | test | bad | small crack | ground_truth/small crack/0_mask.png',
      'test/small crack/1.png | test | bad | small crack | ground_truth/small crack/1.png',
      'train/good/Z.jpg | train | good | - | -',
      'train/good/a.PNG | train | good | - | -',
      'train/good/b ü.png | train | good | - | -',
    ]);
    expect(set.items.every(({ path, name }) => path === join(folder.root, name) && existsSync(path))).toBe(
      true,
    );
  });

  it('names bad images without a mask, unless told to go on', async () => {
    await folder.plant(...tree, 'test/dent/7.png');
    const message = await failure(folder.root);
    expect(message).toMatch(
      /1 of 3 bad images have no mask, such as test\/dent\/7\.png, and others have one/,
    );
    const set = await openDataSet(folder.root, { missingMasks: 'ignore' });
    expect(summary(set)[0]).toBe('test/dent/7.png | test | bad | dent | -');
  });

  it('needs no masks at all', async () => {
    await folder.plant('train/good/0.png', 'test/crack/0.png');
    expect(summary(await openDataSet(folder.root))[0]).toBe('test/crack/0.png | test | bad | crack | -');
  });

  it('asks for the category of a folder of several', async () => {
    await folder.plant(
      'bottle/train/good/0.png',
      'cable/train/good/0.png',
      'cable/test/good/0.png',
      'readme/figure.png',
    );
    expect(await failure(folder.root)).toMatch(
      /holds 2 data sets: name one as the category \(bottle, cable\)/,
    );
    expect(await failure(folder.root, { category: 'screw' })).toMatch(
      /no category screw: found bottle, cable, readme/,
    );
    const set = await openDataSet(folder.root, { category: 'cable' });
    expect([set.layout, set.name, set.items.length]).toEqual(['mvtec', `${basename(folder.root)}/cable`, 2]);
    expect(set.items[0]?.name).toBe('test/good/0.png');
  });

  it('takes the only category there is', async () => {
    await folder.plant('bottle/train/good/0.png');
    expect((await openDataSet(folder.root)).root).toBe(join(folder.root, 'bottle'));
  });

  it('knows a validation split', async () => {
    await folder.plant('train/good/0.png', 'validation/good/1.png');
    expect((await openDataSet(folder.root)).items.map(({ split }) => split)).toEqual(['train', 'validation']);
  });
});

describe('the set of magnetic tiles', () => {
  const tiles = fileURLToPath(new URL('../../../../../shared/data/magnetic_tile', import.meta.url));

  it('is read as it is', async ({ skip }) => {
    if (!existsSync(tiles)) skip('the photographs are not part of the repository and are not beside it');
    const set = await openDataSet(tiles);
    expect(set.layout).toBe('mvtec');
    const count = (split: string, label: string): number =>
      set.items.filter((item) => item.split === split && item.label === label).length;
    expect([count('train', 'good'), count('test', 'good'), count('test', 'bad')]).toEqual([240, 60, 100]);
    expect(set.items.filter(({ maskPaths }) => maskPaths !== undefined)).toHaveLength(100);
    expect(new Set(set.items.flatMap(({ defect }) => defect ?? [])).size).toBe(5);
  });
});
