import { join } from 'node:path';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { failure, testFolder } from '../fixtures/data-sets.js';
import { noise } from '../fixtures/patterns.js';
import { openDataSet } from '../open-data-set.js';

const folder = testFolder();
const at = (name: string): string => join(folder.root, name);
const png = (data: Uint8Array) =>
  sharp(data, { raw: { width: 16, height: 12, channels: 1 } })
    .png()
    .toBuffer();
const photo = (seed: number) => png(noise(192, seed));
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
