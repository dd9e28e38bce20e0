import { join } from 'node:path';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { failure, summary, testFolder } from '../fixtures/data-sets.js';
import { noise } from '../fixtures/patterns.js';
import { openDataSet } from '../open-data-set.js';

const folder = testFolder();
const at = (name: string): string => join(folder.root, name);
const gray = (data: Uint8Array) => sharp(data, { raw: { width: 16, height: 12, channels: 1 } });
const photo = (seed: number) => gray(noise(192, seed)).png().toBuffer();
const mask = () =>
  gray(Uint8Array.from({ length: 192 }, (_, i) => (i % 16 > 9 && i < 96 ? 255 : 0)))
    .png()
    .toBuffer();

it.each(['mascara', 'msk', 'masque', 'truth', 'labels', 'label'])(
  'photographs of a product called %s are images of it, and masks in a folder called so are masks',
  async (word) => {
    await folder.write({
      [`kinds/good/${word}/0.png`]: await photo(1),
      [`kinds/good/${word}/1.png`]: await photo(2),
      'kinds/good/lipstick/2.png': await photo(3),
      [`kinds/bad/${word}/3.png`]: await photo(4),
      'set/good/0.png': await photo(5),
      'set/bad/1.png': await photo(6),
      [`set/${word}/bad/1.png`]: await mask(),
    });
    const { items, skipped } = await openDataSet(at('kinds'), { testFraction: 0 });
    expect(items.map(({ name, label }) => [name, label])).toEqual(
      [
        [`bad/${word}/3.png`, 'bad'],
        ['good/lipstick/2.png', 'good'],
        [`good/${word}/0.png`, 'good'],
        [`good/${word}/1.png`, 'good'],
      ].toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1)),
    );
    expect(skipped).toEqual([]);
    expect(summary(await openDataSet(at('set'), { testFraction: 0 }))).toEqual([
      `bad/1.png | test | bad | bad | ${word}/bad/1.png`,
      'good/0.png | train | good | - | -',
    ]);
    const list = await openDataSet([`${word}/*.png`], { folder: at('kinds/good') });
    expect(list.items).toHaveLength(2);
  },
);

it.each(['mask', 'mascara', 'ground truth', 'labels'])(
  'a folder %s around everything is a product, with masks in it and beside others',
  async (word) => {
    await folder.write({
      [`set/${word}/train/good/0.png`]: await photo(1),
      [`set/${word}/train/good/1.png`]: await photo(2),
      [`set/${word}/test/crack/0.png`]: await photo(3),
      [`set/${word}/ground_truth/crack/0_mask.png`]: await mask(),
      [`good/${word}/good/0.png`]: await photo(1),
      [`good/${word}/bad/1.png`]: await photo(2),
      [`straight/${word}/0.png`]: await photo(1),
      [`masks/${word}/good/0.png`]: await mask(),
    });
    expect(summary(await openDataSet(at('set')))).toEqual([
      'test/crack/0.png | test | bad | crack | ground_truth/crack/0_mask.png',
      'train/good/0.png | train | good | - | -',
      'train/good/1.png | train | good | - | -',
    ]);
    expect((await openDataSet(at('good'))).items).toHaveLength(2);
    expect((await openDataSet(at('straight'))).items).toHaveLength(1);
    expect(await failure(at('masks'))).toMatch(/no images in/);
  },
);

it('a product called like masks beside another is a category', async () => {
  for (const name of ['mascara', 'lipstick']) {
    await folder.write({ [`${name}/good/0.png`]: await photo(1), [`${name}/good/1.png`]: await photo(2) });
  }
  expect(await failure(folder.root)).toMatch(
    /holds 2 data sets: name one as the category \(lipstick, mascara\)/,
  );
  expect((await openDataSet(folder.root, { category: 'mascara' })).items).toHaveLength(2);
});
