import { join } from 'node:path';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { failure, testFolder } from '../fixtures/data-sets.js';
import { writeFiles } from '../fixtures/files.js';
import { noise } from '../fixtures/patterns.js';
import { openDataSet } from '../open-data-set.js';

const folder = testFolder();
const at = (name: string): string => join(folder.root, name);
const gray = (data: Uint8Array) => sharp(data, { raw: { width: 16, height: 12, channels: 1 } });
const photo = (seed: number) => gray(noise(192, seed)).png().toBuffer();
const square = Uint8Array.from({ length: 192 }, (_, i) => (i % 16 > 9 && i < 96 ? 255 : 0));

it('a picture called 0_m beside a picture 0 is its mask where it looks like one, and a picture where it does not', async () => {
  for (const [set, mask] of [
    ['png', gray(square).png()],
    ['jpeg', gray(square).jpeg()],
    ['numbered', gray(square.map((value) => value && 3)).png()],
  ] as const) {
    const file = `${set}/bad/0_m.${set === 'jpeg' ? 'jpg' : 'png'}`;
    await writeFiles(folder.root, {
      ...{ [`${set}/good/1.png`]: await photo(1), [`${set}/bad/0.png`]: await photo(2) },
      [file]: await mask.toBuffer(),
    });
    const { items } = await openDataSet(at(set));
    expect(
      items.map(({ name, maskPaths }) => [name, maskPaths]),
      set,
    ).toEqual([
      ['bad/0.png', [at(file)]],
      ['good/1.png', undefined],
    ]);
    const list = await openDataSet([`${set}/**/*.*`], { folder: folder.root });
    expect(list.items).toHaveLength(2);
  }
  await writeFiles(folder.root, { 'mirrored/0.png': await photo(1), 'mirrored/0_m.png': await photo(2) });
  expect((await openDataSet(at('mirrored'))).items).toHaveLength(2);
});

it('is refused where some look like masks, and others do not', async () => {
  await writeFiles(folder.root, {
    ...{ '0.png': await photo(1), '1.png': await photo(2) },
    ...{ '0_m.png': await photo(3), '1_m.png': await gray(square).png().toBuffer() },
  });
  expect(await failure(folder.root)).toMatch(
    /files such as 1_m\.png and 0_m\.png are, .*: either masks of it, or images of their own/,
  );
});

it('a picture beside a JPEG of its name is its mask where it looks like one, as Real-IAD has them', async () => {
  const mask = await gray(square).png().toBuffer();
  const jpeg = await gray(noise(192, 4)).jpeg().toBuffer();
  await writeFiles(folder.root, {
    ...{ 'set/OK/S1/0.jpg': jpeg, 'set/OK/S1/1.jpg': jpeg },
    ...{ 'set/NG/pit/0.jpg': jpeg, 'set/NG/pit/0.png': mask },
    ...{ 'copies/0.jpg': jpeg, 'copies/0.png': await photo(4) },
  });
  const { items } = await openDataSet(at('set'), { testFraction: 0 });
  expect(items.map(({ name, maskPaths }) => [name, maskPaths])).toEqual([
    ['NG/pit/0.jpg', [at('set/NG/pit/0.png')]],
    ['OK/S1/0.jpg', undefined],
    ['OK/S1/1.jpg', undefined],
  ]);
  expect((await openDataSet(at('copies'))).items).toHaveLength(2);
});

it('where a person named the folders, some may be masks and others not, and each is what it looks like', async () => {
  await writeFiles(folder.root, {
    ...{
      'bad/0.jpg': await gray(noise(192, 1)).jpeg().toBuffer(),
      'bad/0.png': await gray(square).png().toBuffer(),
    },
    ...{ 'good/1.jpg': await gray(noise(192, 2)).jpeg().toBuffer(), 'good/1.png': await photo(3) },
  });
  expect(await failure(folder.root)).toMatch(/either masks of it, or images of their own/);
  const { items } = await openDataSet(folder.root, { good: ['good'], bad: ['bad'], testFraction: 0 });
  expect(items.map(({ name, maskPaths }) => [name, maskPaths])).toEqual([
    ['bad/0.jpg', [at('bad/0.png')]],
    ['good/1.jpg', undefined],
    ['good/1.png', undefined],
  ]);
});
