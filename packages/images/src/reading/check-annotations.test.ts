import { describe, expect, it } from 'vitest';
import { failure, numbers, testFolder } from '../fixtures/data-sets.js';
import { openDataSet } from '../open-data-set.js';

const folder = testFolder();
const NAMES = numbers(60);
const labelMe = (shapes: object[], picture = ''): string =>
  JSON.stringify({ version: '5.4', flags: {}, shapes, imagePath: 'x.png', imageData: picture });
const beside = (write: (name: string, i: number) => string, at = '', end = 'json'): Record<string, string> =>
  Object.fromEntries(NAMES.map((name, i) => [`${at}${name}.${end}`, write(name, i)]));
const drawn = (i: number): boolean => i === 8 || i === 34;

describe('a file beside each image', () => {
  it.each<[string, Readonly<Record<string, string>>, string?]>([
    ['two of sixty drawn (LabelMe)', beside((_, i) => labelMe(drawn(i) ? [{ label: 'x' }] : []))],
    ['two of sixty drawn (YOLO)', beside((_, i) => (drawn(i) ? '0 0.5 0.5 .1 0.1\n' : ''), '', 'txt')],
    ['places that are whole numbers', beside(() => '0 0.5 0.5 1 1\n', '', 'txt')],
    [
      'a picture before what is drawn',
      beside((_, i) => {
        const { imageData, ...rest } = JSON.parse(
          labelMe(drawn(i) ? [{ label: 'x' }] : [], 'A'.repeat(99_999)),
        );
        return JSON.stringify({ imageData, ...rest });
      }),
    ],
    ['in a folder of its own', beside((_, i) => labelMe(drawn(i) ? [{ label: 'x' }] : []), 'json/')],
    ['with other capitals', beside(() => labelMe([{ label: 'x' }])), 'PNG'],
  ])('is refused where something is drawn: %s', async (_, files, end = 'png') => {
    await folder.plant(...NAMES.map((name) => `${name}.${end}`));
    await folder.write(files);
    expect(await failure(folder.root)).toMatch(/60 of 60 have annotations/);
  });

  it('is refused where a drawing comes before a picture of many bytes', async () => {
    await folder.plant('0.png');
    await folder.write({ '0.json': labelMe([{ label: 'x' }], 'A'.repeat(2 ** 23 + 1)) });
    expect(await failure(folder.root)).toMatch(/1 of 1 have annotations/);
  });

  it.each<[string, Readonly<Record<string, string>>]>([
    ['settings of a camera', beside(() => '{"exposure": 4, "points": 3}')],
    ['numbers of a camera', beside(() => '12 34 56 78 90\n', '', 'txt')],
    ['nothing drawn', beside(() => labelMe([]))],
    ['nothing drawn, of some, elsewhere', { 'meta/100.json': '{"exposure": 4}' }],
  ])('is left out otherwise: %s', async (_, files) => {
    await folder.plant(...NAMES.map((name) => `${name}.png`));
    await folder.write(files);
    expect((await openDataSet(folder.root)).items).toHaveLength(60);
  });

  it('belongs to an image in whichever way systems write its name', async () => {
    await folder.plant('Tür.png', 'b.png');
    await folder.write({ 'TU\u0308R.json': '{}' });
    expect(await failure(folder.root)).toMatch(/1 of 2 have annotations, such as T/);
  });
});

describe('drawings beside bad images', () => {
  it('are told from files of any name with "coco" in it', async () => {
    await folder.plant('good/0.png', 'bad/1.png');
    await folder.write({
      'cocoa/notes.txt': '',
      'coconut.json': '{}',
      'my_coco.json': '{}',
      'bad/1.XML': '',
    });
    expect((await openDataSet(folder.root)).skipped?.map(({ hint, names }) => [hint, names])).toEqual(
      expect.arrayContaining([['annotations: draw them as masks', ['bad/1.XML', 'my_coco.json']]]),
    );
  });
});
