import { join } from 'node:path';
import { expect, it } from 'vitest';
import { failure, summary, testFolder } from '../fixtures/data-sets.js';
import { openDataSet } from '../open-data-set.js';

const folder = testFolder();

it('a folder is read by names with other words in them where bad ones have good ones of the same words beside them', async () => {
  await folder.plant('cast_def_0_1.png', 'cast_def_0_2.png', 'cast_ok_0_1.png', 'cast_ok_0_3.png');
  expect(summary(await openDataSet(folder.root, { testFraction: 0 }))).toEqual([
    'cast_def_0_1.png | test | bad | - | -',
    'cast_def_0_2.png | test | bad | - | -',
    'cast_ok_0_1.png | train | good | - | -',
    'cast_ok_0_3.png | train | good | - | -',
  ]);
  await folder.plant('lid_def_0_1.png');
  expect(await failure(folder.root)).toMatch(/and lid_def_0_1\.png are not/);
});

it('a folder of hexadecimal names has no bad images by chance', async () => {
  const names = [
    '12def34a',
    '0bad1234',
    'def01234',
    '5a6b7c8d',
    '9e0f1a2b',
    'c3d4e5f6',
    '77aa88bb',
    '12345678',
  ];
  await folder.plant(
    ...names.map((name) => `ids/${name}.png`),
    ...names.map((name) => `cam/img_${name}.png`),
  );
  for (const set of ['ids', 'cam'])
    expect(
      (await openDataSet(join(folder.root, set))).items.map(({ label }) => label),
      set,
    ).toEqual(names.map(() => 'good'));
  await folder.plant('numbers/bad00001.png', 'numbers/00000001.png');
  expect(await failure(join(folder.root, 'numbers'))).toMatch(/called like bad ones/);
});
