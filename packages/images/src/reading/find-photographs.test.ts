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
/** Noise whose channels differ. */
const colorPhoto = (seed: number) =>
  sharp(noise(576, seed), { raw: { width: 16, height: 12, channels: 3 } })
    .png()
    .toBuffer();
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

it('a word that means masks alone is refused where photographs are in it, with both readings', async () => {
  const two =
    /cannot tell what is in .*mask, which is called like masks, but holds photographs.*either they are images.*or they are masks/;
  await folder.write({
    'inside/train/good/mask/0.png': await colorPhoto(1),
    'inside/train/good/shirt/0.png': await colorPhoto(2),
    'inside/train/good/hat/0.png': await colorPhoto(3),
    'gray/good/mask/7.png': await photo(1),
    'gray/good/0.png': await photo(2),
    'test/train/good/0.png': await photo(1),
    'test/test/good/1.png': await photo(2),
    'test/test/mask/1.png': await colorPhoto(3),
  });
  for (const set of ['inside', 'gray', 'test']) expect(await failure(at(set)), set).toMatch(two);
  expect(await failure([at('gray/good/mask'), at('gray/good/0.png')])).toMatch(two);
  expect(await failure([], { good: [at('gray/good')] })).toMatch(two);
  const { items } = await openDataSet([], { good: [at('gray/good/mask'), at('gray/good/0.png')] });
  expect(items).toHaveLength(2);
});

it('a folder of masks stays one where its images speak for what is in it', async () => {
  await folder.write({
    // Borders as soft as those of a photograph.
    'soft/good/0.png': await photo(1),
    'soft/bad/1.png': await photo(2),
    'soft/masks/bad/1.png': await photo(3),
    'few/good/0.png': await photo(1),
    'few/bad/1.png': await photo(2),
    'few/mask/1.png': await mask(),
  });
  for (const set of ['soft', 'few'])
    expect((await openDataSet(at(set), { testFraction: 0 })).items, set).toHaveLength(2);
});

it('a product called mask beside another is a category, and masks beside images are none', async () => {
  for (const name of ['mask', 'helmet']) {
    await folder.write({
      [`products/${name}/train/good/0.png`]: await colorPhoto(1),
      [`products/${name}/train/good/1.png`]: await colorPhoto(2),
    });
  }
  expect(await failure(at('products'))).toMatch(
    /holds 2 data sets: name one as the category \(helmet, mask\)/,
  );
  expect((await openDataSet(at('products'), { category: 'mask' })).items).toHaveLength(2);
});

it('a folder of a product is read alike by annotations and tables', async () => {
  await folder.write({
    'drawn/labels/0.png': await photo(1),
    'drawn/labels/1.png': await photo(2),
    'drawn/labels/0.json': '{"gain": 1}',
    'drawn/labels/1.json': '{"gain": 2}',
    'listed/list.csv': 'path,label\n0.png,good\n1.png,good\n',
    'listed/mascara/0.png': await photo(1),
    'listed/mascara/1.png': await photo(2),
  });
  expect((await openDataSet(at('drawn'))).items).toHaveLength(2);
  expect((await openDataSet(at('listed'))).items).toHaveLength(2);
  await folder.write({ 'drawn/labels/1.json': '{"shapes": [{"label": "scratch"}]}' });
  expect(await failure(at('drawn'))).toMatch(/have annotations/);
});
