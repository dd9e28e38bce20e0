import { describe, expect, it } from 'vitest';
import { failure, summary, testFolder } from '../fixtures/data-sets.js';
import { openDataSet } from '../open-data-set.js';

const folder = testFolder();
const names = async (): Promise<string[]> => {
  const { items } = await openDataSet(folder.root, { testFraction: 0 });
  return items.map(({ name, split, label }) => `${name} ${split} ${label}`);
};

describe('a column that may hold labels, or something else', () => {
  it.each(['category', 'condition', 'class', 'classification', 'choice', 'status', 'Klasse'])(
    'is metadata where no cell is a label: %s, beside folders that say what is good',
    async (column) => {
      await folder.plant('good/0.png', 'bad/1.png');
      await folder.write({ 'parts.csv': `file,${column}\ngood/0.png,bottle\nbad/1.png,3\n` });
      const set = await openDataSet(folder.root, { testFraction: 0 });
      expect([set.layout, set.items.length]).toEqual(['folder', 2]);
      expect(set.skipped).toEqual([expect.objectContaining({ reason: 'other-table', names: ['parts.csv'] })]);
    },
  );

  it('has to be understood where nothing else says what is good', async () => {
    await folder.plant('0.png', '1.png');
    await folder.write({ 'parts.csv': 'file,category\n0.png,bottle\n1.png,cable\n' });
    expect(await failure(folder.root)).toMatch(/parts\.csv may say it.*got the columns file, category/);
    await folder.write({ 'parts.csv': 'file,category,split\n0.png,bottle,train\n1.png,cable,test\n' });
    expect(await names()).toEqual(['0.png train good', '1.png test unknown']);
  });

  it.each([
    ['words', 'file,class\n0.png,good\n1.png,bad\n'],
    ['numbers', 'file,class\n0.png,0\n1.png,1\n'],
    ['the second of two', 'file,category,condition\n0.png,bottle,good\n1.png,bottle,bad\n'],
    ['beside a column of labels', 'file,class,label\n0.png,bottle,good\n1.png,bottle,bad\n'],
    ['kinds of defect beside a flag', 'file,class,is_bad\n0.png,bottle,no\n1.png,scratch,yes\n'],
  ])('is the label where some cell is one, and gives way to a certain one: %s', async (_, text) => {
    await folder.plant('0.png', '1.png');
    await folder.write({ 'parts.csv': text });
    expect(await names()).toEqual(['0.png train good', '1.png test bad']);
  });

  it('that is called a label has to be one, and says what to do with a table of something else', async () => {
    await folder.plant('good/0.png', 'good/1.png');
    await folder.write({ 'parts.csv': 'file,label\ngood/0.png,bottle\n' });
    expect(await failure(folder.root)).toMatch(/got "bottle".*; move a table away that says something else/);
  });
});

describe('masks in a table that names files without their folders', () => {
  it.each([
    ['called like their images', '4.png', 'masks/4.png'],
    ['called otherwise', '4_mask.png', 'masks/4_mask.png'],
    ['with their folder', 'masks/4.png', 'masks/4.png'],
  ])('are those in folders of masks: %s', async (_, written, mask) => {
    await folder.plant('images/0.png', 'images/4.png', mask);
    await folder.write({ 'labels.csv': `file,label,mask\n0.png,good,\n4.png,bad,${written}\n` });
    expect(summary(await openDataSet(folder.root, { testFraction: 0 }))).toEqual([
      'images/0.png | train | good | - | -',
      `images/4.png | test | bad | - | ${mask}`,
    ]);
  });

  it('are those of images whose folder is written, and of images in the folder of the table', async () => {
    await folder.plant('images/4.png', '5.png', 'masks/4.png', 'masks/5.png', '5_mask.png');
    await folder.write({ 'labels.csv': 'file,label,mask\nimages/4.png,bad,4.png\n5.png,bad,5_mask.png\n' });
    expect(summary(await openDataSet(folder.root))).toEqual([
      '5.png | test | bad | - | 5_mask.png',
      'images/4.png | test | bad | - | masks/4.png',
    ]);
  });

  it('are refused where several are called so, and where the image itself is one', async () => {
    await folder.plant('images/4.png', 'masks/a/4.png', 'masks/b/4.png');
    await folder.write({ 'labels.csv': 'file,label,mask\n4.png,bad,4.png\n' });
    expect(await failure(folder.root)).toMatch(
      /line 2: several masks are called "4\.png"; write their folders/,
    );
    await folder.write({ 'labels.csv': 'file,label,mask\nimages/4.png,bad,images/4.png\n' });
    expect(await failure(folder.root)).toMatch(/line 2: "images\/4\.png" is the image itself/);
  });
});
