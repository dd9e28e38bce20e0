import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failure, numbers, summary, testFolder } from '../fixtures/data-sets.js';
import { openDataSet } from '../open-data-set.js';

const folder = testFolder();

describe('a CSV', () => {
  it('is read, quotes, spaces, byte order mark and all', async () => {
    await folder.plant('images/a, b.png', 'images/c "d".png', 'images/e.png', 'images/f.png', 'm/e.png');
    await folder.write({
      'set.csv':
        '\uFEFFPath, Label ,split,mask,defect\r\n"images/a, b.png",good,train,,\r\n"images/c ""d"".png",OK,val,,\n\nimages/e.png,bad,test,m/e.png,crack\nimages/f.png,,test,,\n',
    });
    const set = await openDataSet(join(folder.root, 'set.csv'));
    expect([set.layout, set.name, set.root]).toEqual(['csv', 'set.csv', folder.root]);
    expect(summary(set)).toEqual([
      'images/a, b.png | train | good | - | -',
      'images/c "d".png | validation | good | - | -',
      'images/e.png | test | bad | crack | m/e.png',
      'images/f.png | test | unknown | - | -',
    ]);
  });

  it('gets a split when it has none, and may use semicolons', async () => {
    await folder.plant('p0.png');
    const rows = numbers(10).map((n) => `p${n}.png;0`);
    await folder.write({ 'set.csv': ['path;label', 'p0.png;1', ...rows].join('\n') });
    const { items } = await openDataSet(join(folder.root, 'set.csv'));
    expect(items.filter(({ split }) => split === 'train')).toHaveLength(8);
    expect(items.filter(({ label, split }) => label === 'good' && split === 'test')).toHaveLength(2);
  });

  it.each([
    [
      'no header',
      'a.png,good\n',
      /expected a table with a header.*in a first line that names its columns; got a\.png, good/,
    ],
    [
      'a label nobody knows',
      'path,label\na.png,good\nb.png,perhaps\n',
      /line 3: expected the label good, bad or unknown, got "perhaps"/,
    ],
    [
      'a split nobody knows',
      'path,label,split\na.png,good,\n',
      /line 2: expected the split train, validation or test, got ""/,
    ],
    ['an empty path', 'path,label\n,good\n', /line 2: the path is empty/],
    [
      'an image listed twice',
      'path,label\na.png,good\n./a.png,bad\n',
      /line 3: \.\/a\.png is listed twice, first in line 2/,
    ],
    ['rows of different lengths', 'path,label\na.png\n', /not a readable CSV file.*line 2/],
    ['columns without end', `path,label${',x'.repeat(300)}\na.png,good\n`, /more than 256 columns/],
    [
      'a header without end',
      `path,label,${'x'.repeat(100_000)}\na.png,good\n`,
      /a first line of more than 65536/,
    ],
    ['a row without end', `path,label\n"${'a'.repeat(100_000)}",good\n`, /not a readable CSV file/],
    ['a long label', `path,label\na.png,${'x'.repeat(9000)}\n`, /got "x{40}…"/],
    ['an open quote', 'path,label\n"a.png,good\n', /not a readable CSV file/],
    ['no rows', 'path,label\n', /has no rows below its header/],
    ['nothing', '', /got nothing/],
    [
      'the wrong folder',
      'path,label\nx/a.png,good\n',
      /none of 1 images that .* lists is there, such as .*x.a\.png: paths are relative/,
    ],
  ])('is refused: %s', async (_, text, message) => {
    await folder.plant('a.png', 'b.png');
    await folder.write({ 'set.csv': text });
    expect(await failure(join(folder.root, 'set.csv'))).toMatch(message);
  });

  it('must be a file', async () => {
    expect(await failure(folder.root, { layout: 'csv' })).toMatch(
      /expected a table with a header.*got the folder/,
    );
  });
});
