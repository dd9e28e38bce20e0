import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { grayPng, temporaryFolder, writeFiles } from '../fixtures/files.js';
import { openDataSet } from '../open-data-set.js';
import { readImages } from '../read-images.js';
import { checkReport, examineDataSet } from '../report/examine-data-set.js';
import { regionPlaces } from './region.js';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const at = (name: string): string => join(folder.root, name);
const png = (values: readonly number[], width: number, height: number): Promise<Buffer> =>
  sharp(Uint8Array.from(values), { raw: { width, height, channels: 1 } })
    .png()
    .toBuffer();
/** The right half of 4 x 2 pixels. */
const HALF = [0, 0, 255, 255, 0, 0, 255, 255];

beforeAll(async () => {
  folder = await temporaryFolder();
  const image = await grayPng(90, 8, 4);
  const names = ['train/good/0', 'train/good/1', 'test/good/0', 'test/crack/0'];
  const half = await png(HALF, 4, 2);
  await writeFiles(folder.root, {
    ...Object.fromEntries(names.map((name) => [`data/${name}.png`, image])),
    'data/ground_truth/crack/0_mask.png': await png([0, 0, 0, 255, 0, 0, 0, 0], 4, 2),
    ...Object.fromEntries(names.map((name) => [`data/roi/${name}.png`, half])),
    ...Object.fromEntries(['0', '1', '2'].map((name) => [`flat/${name}_mask.png`, half])),
    ...Object.fromEntries(['a', 'b'].map((name) => [`pair/${name}.jpg.png`, half])),
    'one.png': half,
  });
});
afterAll(() => folder.remove());

describe('a folder of regions', () => {
  it('is paired by folder and name, lies where it likes, and is no image of the data set', async () => {
    const { items } = await openDataSet(at('data'), { region: at('data/roi') });
    expect(items.map(({ name, regionPath }) => [name, regionPath])).toEqual(
      ['test/crack/0', 'test/good/0', 'train/good/0', 'train/good/1'].map((name) => [
        `${name}.png`,
        at(`data/roi/${name}.png`),
      ]),
    );
    expect(items[0]?.maskPaths).toEqual([at('data/ground_truth/crack/0_mask.png')]);
    const { report } = await examineDataSet(await openDataSet(at('data'), { region: at('data/roi') }));
    expect(report.regions).toBe(4);
    expect(() => checkReport(report)).not.toThrow();
  });

  it('goes with folders that are named, with lists, and with tables', async () => {
    await writeFiles(folder.root, { 'list.csv': 'path,label\ndata/train/good/1.png,good\n' });
    const regions = async (source: string | string[], options = {}) =>
      (await openDataSet(source, { region: at('flat'), folder: folder.root, ...options })).items.map(
        ({ regionPath }) => regionPath?.split('/').at(-1),
      );
    expect(await regions('', { good: ['data/train/good'] })).toEqual(['0_mask.png', '1_mask.png']);
    expect(await regions(['data/train/good/*.png'])).toEqual(['0_mask.png', '1_mask.png']);
    expect(await regions('list.csv')).toEqual(['1_mask.png']);
  });

  it('says of an image that there is no region, several, or one that may be of another', async () => {
    await expect(openDataSet(at('data'), { region: at('pair') })).rejects.toThrow(
      `4 of 4 images have no region in ${at('pair')}, such as test/crack/0.png`,
    );
    await expect(openDataSet(at('data'), { region: at('flat') })).rejects.toThrow(
      /flat\/0_mask\.png: cannot tell which image it is the region of: .*0\.png or .*0\.png; put regions into folders/,
    );
    await writeFiles(folder.root, { 'two/0.png': '', 'two/0_mask.png': '', 'two/1.png': '' });
    await expect(openDataSet(at('data/train/good'), { region: at('two') })).rejects.toThrow(
      /cannot tell which is the region of 0\.png: .*two\/0\.png or .*two\/0_mask\.png/,
    );
  });

  it('is refused by the name of the mask that is of another shape, or black, before anything is trained', async () => {
    await writeFiles(folder.root, {
      'bad/0.png': await png(HALF, 2, 4),
      'bad/1.png': await png(
        HALF.map(() => 0),
        4,
        2,
      ),
    });
    const { dataSet, report } = await examineDataSet(
      await openDataSet(at('data/train/good'), { region: at('bad') }),
    );
    expect(() => checkReport(report, { masks: false })).toThrow(
      /bad\/0\.png: the region is 2x4, of another shape than the image of 8x4, which is turned; .*2 regions cannot be used/,
    );
    const stream = readImages(dataSet.items, { canvas: { inputSize: [4, 8] } });
    for await (const _ of stream) expect.unreachable();
    expect(stream.unreadable.map(({ error }) => error.message)).toEqual([
      expect.stringContaining('bad/0.png: the region is 2x4'),
      expect.stringContaining('bad/1.png: the region leaves nothing of the picture'),
    ]);
  });
});

it('images are read with what counts of them, on the grid of the input', async () => {
  const { items } = await openDataSet(at('data'), { region: at('data/roi') });
  for await (const { image, original } of readImages(items, { canvas: { inputSize: [2, 4] } })) {
    expect(original).toEqual({ width: 8, height: 4 });
    expect(image.region && [...regionPlaces(image.region)]).toEqual([0, 0, 1, 1, 0, 0, 1, 1]);
  }
  const [item] = (await openDataSet(at('data'), { region: at('one.png') })).items;
  expect(item).not.toHaveProperty('regionPath');
});
