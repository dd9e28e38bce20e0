import { join } from 'node:path';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { failure, testFolder } from '../fixtures/data-sets.js';
import { bitmap } from '../fixtures/files.js';
import { noise } from '../fixtures/patterns.js';
import { openDataSet } from '../open-data-set.js';

const folder = testFolder();
const at = (name: string): string => join(folder.root, name);
const png = (data: Uint8Array) =>
  sharp(data, { raw: { width: 16, height: 12, channels: 1 } })
    .png()
    .toBuffer();
const photo = (seed: number) => png(noise(192, seed));
const jpeg = (data: Uint8Array, side = 16) =>
  sharp(data, { raw: { width: side, height: data.length / side, channels: 1 } })
    .jpeg()
    .toBuffer();
const square = Uint8Array.from({ length: 192 }, (_, i) => (i % 16 > 9 && i < 96 ? 255 : 0));

it.each([
  [
    'beside its image',
    'set/good/0_bw.png',
    /cannot tell what good\/0_bw\.png is, which looks like a mask of good\/0\.png.*\(0_mask, or in a folder masks\)/,
  ],
  ['with a word before', 'set/good/bw_0.png', /good\/bw_0\.png is, which looks like a mask of good\/0\.png/],
  [
    'in a folder among good ones',
    'set/good/kuvio/0.png',
    /good\/kuvio\/0\.png is, which looks like a mask of good\/0\.png/,
  ],
  [
    'in a folder that would be a kind of defect',
    'set/kuvio/0.png',
    /kuvio\/0\.png is, which looks like a mask of good\/0\.png/,
  ],
])('a mask that no word gives away is refused: %s', async (_, name, message) => {
  await folder.write({
    'set/good/0.png': await photo(1),
    'set/good/1.png': await photo(2),
    [name]: await png(square),
  });
  expect(await failure(at('set'))).toMatch(message);
  // An empty one among them says nothing.
  await folder.write({ [name.replace(/0(?=[^0]*$)/, '1')]: await png(square.map(() => 0)) });
  expect(await failure(at('set'))).toMatch(message);
  expect((await openDataSet([], { good: [at('set')] })).items.length).toBeGreaterThan(2);
});

it('pictures of two values are pictures where all are, and photos called alike are photos', async () => {
  await folder.write({
    ...{ 'bits/good/0.png': await png(square), 'bits/good/1.png': await png(square.toReversed()) },
    ...{ 'bits/crack/0.png': await png(square.map((value, i) => (i === 9 ? 255 : value))) },
    ...{ 'photos/good/0.png': await photo(1), 'photos/good/0_left.png': await photo(2) },
    ...{ 'photos/crack/0.png': await photo(3) },
  });
  for (const name of ['bits', 'photos']) expect((await openDataSet(at(name))).items, name).toHaveLength(3);
});

const black = square.map(() => 0);

it.each([
  ['in folders called like formats', 'jpg', 'png'],
  ['in folders that say nothing', 'img', 'data'],
  ['in a folder of the format', 'images', 'png'],
  ['among good ones', 'good/images', 'good/png'],
  ['among bad ones', 'bad/images', 'bad/png'],
  ['in a folder that comes before that of its image', 'test/bw', 'test/crack'],
  ['in a folder that comes after it', 'test/crack', 'test/zz'],
])('masks with the names of images in another folder are refused: %s', async (_, one, other) => {
  const masks = one === 'test/bw' ? one : other;
  for (let i = 0; i < 4; i++) {
    await folder.write({
      [`set/train/good/${i}.png`]: await photo(10 + i),
      [`set/${one}/${20 + i}.png`]: await (one === masks ? png(square) : photo(i)),
      [`set/${other}/${20 + i}.png`]: await (other === masks ? png(square) : photo(i)),
    });
  }
  expect(await failure(at('set'))).toMatch(
    new RegExp(`cannot tell what ${masks}/20\\.png is, which looks like a mask of `),
  );
});

it('a mask is refused whatever the formats of it and its image are', async () => {
  const files: Record<string, [string, Uint8Array, string, Uint8Array]> = {
    bmp: [
      '0.bmp',
      bitmap({ width: 16, height: 4, bits: 24, pixels: noise(192, 1) }),
      '0.png',
      await png(square),
    ],
    tiff: [
      '0.png',
      await photo(1),
      '0.tif',
      await sharp(await png(square))
        .tiff()
        .toBuffer(),
    ],
    jpeg: ['0.jpg', await jpeg(noise(192, 1)), '0_bw.jpg', await jpeg(square)],
  };
  for (const [set, [image, picture, mask, marks]] of Object.entries(files)) {
    await folder.write({ [`${set}/${image}`]: picture, [`${set}/${mask}`]: marks });
    expect(await failure(at(set)), set).toMatch(`what ${mask} is, which looks like a mask of ${image}`);
  }
});

it('masks are refused where the first of them are empty, or all that would be trained on', async () => {
  for (let i = 10; i < 22; i++) {
    await folder.write({
      [`set/${i}.png`]: await photo(i),
      [`set/${i}_bw.png`]: await png(i < 17 ? black : square),
      [`empty/good/${i}.png`]: await photo(i),
      [`empty/good/${i}_bw.png`]: await png(black),
      [`failed/good/${i}.png`]: await photo(i),
      [`failed/no signal/${i}.png`]: await png(black),
    });
  }
  expect(await failure(at('set'))).toMatch(/what 1[789]_bw\.png is, which looks like a mask of/);
  expect(await failure(at('empty'))).toMatch(
    /what good\/10_bw\.png is, which looks like a mask of good\/10\.png/,
  );
  expect((await openDataSet(at('failed'))).items).toHaveLength(24);
});

it('masks are found among many kinds that nobody knows', async () => {
  for (let i = 10; i < 40; i++) await folder.write({ [`set/kind${i}/0.png`]: await photo(i) });
  await folder.write({ 'set/good/0.png': await photo(1), 'set/kind19b/0.png': await png(square) });
  expect(await failure(at('set'))).toMatch(/what kind19b\/0\.png is, which looks like a mask/);
});

it('photos in the dark are photos: in few values that are noise, or as a JPEG with few bright marks', async () => {
  // A scratch that fades at both sides, under light from aside.
  const scratch = Uint8Array.from({ length: 4096 }, (_, i) => {
    const [x, y] = [i % 64, i >> 6];
    return x < 30 || x > 36 || y > 8 ? noise(1, i)[0]! >> 6 : 255 - Math.abs(x - 33) * 70;
  });
  await folder.write({
    ...{ 'set/good/bright/0.png': await photo(1), 'set/good/bright/1.jpg': await jpeg(noise(4096, 2), 64) },
    ...{ 'set/good/dark/0.png': await png(noise(192, 3).map((value) => value >> 5)) },
    ...{ 'set/good/dark/1.jpg': await jpeg(scratch, 64) },
  });
  expect((await openDataSet(at('set'))).items).toHaveLength(4);
});
