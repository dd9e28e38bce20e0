import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failure, summary, testFolder } from '../fixtures/data-sets.js';
import { openDataSet } from '../open-data-set.js';

const folder = testFolder();
const at = (name: string): string => join(folder.root, name);
const HALF = ['0.png | train | good | - | -', '1.png | test | bad | - | -'];

describe('a table of another tool', () => {
  it.each([
    [
      'a spreadsheet in German',
      '"Datei";"Ergebnis";"Bemerkung"\r\n".\\0.png";"i.O.";"geprüft\nvon Hand"\r\n"1.png";"n.i.O.";"tief; lang"\r\n',
    ],
    ['anomalib, numbers', 'image_path,label_index\n0.png,0\n1.png,1\n'],
    ['numbers with a point', 'image,label\n0.png,0.0\n1.png,1.0\n'],
    ['True and False', 'file;is_anomaly\n0.png;False\n1.png;True\n'],
    ['words', 'filename\tlabel\n0.png\tnormal\n1.png\tanomalous\n'],
    ['a column that says what is good', 'path,ok\n0.png,yes\n1.png,no\n'],
    ['a path on Windows', 'Image Path,Label\n.\\0.png,OK\n.\\1.png,NG\n'],
    ['paths of another machine', 'path,label\n/home/ann/set/0.png,good\n/home/ann/set/1.png,bad\n'],
    ['paths of another machine on Windows', 'path,label\nC:\\set\\0.png,good\nC:\\set\\1.png,bad\n'],
    ['the line that Excel writes', 'sep=;\r\npath;label\r\n0.png;good\r\n1.png;bad\r\n'],
    ['a header with other signs', '"Image-Path:","Anomalous?"\n0.png,False\n1.png,True\n'],
    ['categories', 'filename,category\n0.png,good\n1.png,bad\n'],
    ['a header with blanks in its quotes', '" Path "," Label "\n0.png,good\n1.png,bad\n'],
    ['quotes and blank lines', '"path" , "label"\n"0.png","good"\n\n "1.png" ,"bad"\n,\n'],
  ])('is read: %s', async (_, text) => {
    await folder.plant('0.png', '1.png');
    for (const [encoding, bytes] of encodings(text)) {
      await folder.write({ 'set.csv': bytes });
      const { items } = await openDataSet(at('set.csv'), { testFraction: 0 });
      const lines = items.map(({ name, split, label }) => `${name} | ${split} | ${label} | - | -`);
      expect(lines, encoding).toEqual(HALF);
    }
  });

  it.each([
    ['Chinese', '文件名,标签\n0.png,合格\n1.png,不合格\n'],
    ['Russian', 'файл;результат\n0.png;годен\n1.png;брак\n'],
  ])('is read with a header in %s', async (_, text) => {
    await folder.plant('0.png', '1.png');
    for (const [encoding, bytes] of encodings(text).slice(0, 4)) {
      await folder.write({ 'set.csv': bytes });
      const { items } = await openDataSet(at('set.csv'), { testFraction: 0 });
      expect(
        items.map(({ name, label }) => `${name} ${label}`),
        encoding,
      ).toEqual(['0.png good', '1.png bad']);
    }
  });

  it('of JSON lines is read, with several masks, and that of Lookout for Vision', async () => {
    await folder.plant('0.png', '1.png', 'm/1a.png', 'm/1b.png');
    await folder.write({
      'set.jsonl':
        '{"image_path":"0.png","label":"good","split":"train"}\n{"image_path":"1.png","is_anomaly":true,"label":"crack","split":"test","mask_path":["m/1a.png","m/1b.png"]}\n',
      'output.manifest':
        '{"source-ref":"s3://bucket/0.png","anomaly-label":0,"anomaly-label-metadata":{"class-name":"normal"}}\n{"source-ref":"s3://bucket/1.png","anomaly-label":1}\n',
    });
    expect(summary(await openDataSet(at('set.jsonl')))).toEqual([
      '0.png | train | good | - | -',
      '1.png | test | bad | crack | m/1a.png + m/1b.png',
    ]);
    const { items } = await openDataSet(at('output.manifest'), { testFraction: 0 });
    expect(items.map(({ name, label }) => `${name} ${label}`)).toEqual(['0.png good', '1.png bad']);
  });

  it.each([
    [
      'of another encoding',
      Buffer.from('path,label\n0.png,g\xfct\n', 'latin1'),
      /neither UTF-8 nor UTF-16 in line 2, perhaps Windows-1252/,
    ],
    ['that is a workbook', Buffer.from('PK\x03\x04xxxx', 'latin1'), /is an Excel workbook/],
    ['of UTF-32', Buffer.from('\xff\xfe\0\0p\0\0\0', 'latin1'), /is UTF-32/],
    [
      'whose columns disagree',
      'path,label,label_index\n0.png,good,1\n',
      /line 2: label says "good", and label_index says that it is bad/,
    ],
    [
      'whose flag is none',
      'path,is_anomaly\n0.png,perhaps\n',
      /line 2: expected 0 or 1, true or false in is_anomaly, got "perhaps"/,
    ],
    [
      'without a path',
      'picture_of,label\n0.png,good\n',
      /expected a table with a header.*got picture_of, label/,
    ],
  ])('is refused: %s', async (_, content, message) => {
    await folder.plant('0.png');
    await folder.write({ 'set.csv': content });
    expect(await failure(at('set.csv'))).toMatch(message);
  });

  it('is refused where a line of JSON is none', async () => {
    await folder.write({ 'set.jsonl': '{"path":"0.png","label":"good"}\n[1]\n' });
    expect(await failure(at('set.jsonl'))).toMatch(/line 2: expected a JSON object, got a list/);
  });
});

describe('a table without end', () => {
  const wide = Array.from({ length: 300 }, (_, i) => `c${i}`);

  it.each([
    ['of columns', 'set.csv', `path,label,${wide.join(',')}\n`, /more than 256 columns/],
    [
      'in one line of JSON',
      'set.jsonl',
      `{"path":"0.png","label":"good"}\n{"path":"${'x'.repeat(4_200_000)}"}`,
      /line 2: expected at most 4194304 characters, got 4200011/,
    ],
    ['of rows', 'set.csv', `path,label\n${'0.png,good\n'.repeat(1_000_001)}`, /more than 1000000 rows/],
    [
      'of rows of JSON',
      'set.jsonl',
      '{"path":"0.png","label":"good"}\n'.repeat(1_000_001),
      /more than 1000000 rows/,
    ],
  ])('is refused: %s', async (_, name, text, message) => {
    await folder.plant('0.png');
    await folder.write({ [name]: text });
    expect(await failure(at(name))).toMatch(message);
  });

  it('of JSON is read whatever else is in it: very many fields, polygons', async () => {
    await folder.plant('0.png', '1.png');
    const fields = wide.map((name) => `{"path":"0.png","label":"good","${name}":1}`).slice(0, 1);
    const many = `{${wide.map((name) => `"${name}":1`).join(',')},"path":"1.png","label":"bad","points":[${'0,'.repeat(50_000)}0]}`;
    await folder.write({ 'set.jsonl': [...fields, many].join('\n') });
    const { items } = await openDataSet(at('set.jsonl'), { testFraction: 0 });
    expect(items.map(({ name, label }) => `${name} ${label}`)).toEqual(['0.png good', '1.png bad']);
  });

  it('is told from what lists images by its header alone', async () => {
    await folder.plant('train/good/2.png', 'train/good/3.png');
    await folder.write({ 'log.csv': `time,temperature\nnot,a,row\n${'1,2\n'.repeat(1000)}` });
    expect((await openDataSet(folder.root)).skipped).toEqual([
      expect.objectContaining({ reason: 'other-table', names: ['log.csv'] }),
    ]);
  });
});

describe('a table in a folder', () => {
  it('is the data set: what it does not list takes no part', async () => {
    await folder.plant('0.png', '1.png', '2.png', 'img/3.png');
    await folder.write({ 'labels.csv': 'path,label\n0.png,good\n1.png,bad\n' });
    const set = await openDataSet(folder.root, { testFraction: 0 });
    expect([set.layout, ...summary(set)]).toEqual(['csv', ...HALF]);
    expect(set.skipped).toEqual([
      expect.objectContaining({ reason: 'not-listed', count: 2, names: ['2.png', 'img/3.png'] }),
    ]);
  });

  it('may lie deeper, or be two that are called train and test', async () => {
    await folder.plant('wrap/img/0.png', 'wrap/img/1.png');
    await folder.write({
      'wrap/img/train.csv': 'path,label\n0.png,good\n',
      'wrap/img/test.csv': 'path,label\n1.png,bad\n',
    });
    const set = await openDataSet(folder.root);
    expect(set.items.map(({ split, label }) => `${split} ${label}`)).toEqual(['train good', 'test bad']);
  });

  it('may name images alone, wherever they lie once, or from a folder above its own', async () => {
    await folder.plant('a/0.png', 'b/1.png', 'masks/1.png');
    await folder.write({ 'labels.csv': 'file,label\n0.png,good\n1.png,bad\n' });
    const names = async (): Promise<string[]> =>
      (await openDataSet(folder.root, { testFraction: 0 })).items.map(
        ({ name, label }) => `${name} ${label}`,
      );
    expect(await names()).toEqual(['a/0.png good', 'b/1.png bad']);
    await folder.plant('c/1.png');
    expect(await failure(folder.root)).toMatch(
      /none of 2 images.*names without a folder those of images that are there once/,
    );
    await folder.write({
      'labels.csv': 'a,b\n',
      'data/meta/labels.csv': 'file,label\na/0.png,good\nb/1.png,bad\n',
    });
    await folder.plant('data/a/0.png', 'data/b/1.png');
    const deeper = await openDataSet(at('data'), { testFraction: 0 });
    expect(deeper.items.map(({ name }) => name)).toEqual(['a/0.png', 'b/1.png']);
  });

  it('may say the kind of defect where a mask is drawn, as that of VisA, and not elsewhere', async () => {
    await folder.plant('0.png', '1.png', 'm.png');
    await folder.write({ 'image_anno.csv': 'image,label,mask\n0.png,normal,\n1.png,"bent,melded",m.png\n' });
    expect(summary(await openDataSet(folder.root, { testFraction: 0 }))).toEqual([
      '0.png | train | good | - | -',
      '1.png | test | bad | bent,melded | m.png',
    ]);
    await folder.write({ 'image_anno.csv': 'image,label,mask\n0.png,normal,\n1.png,bent,\n' });
    expect(await failure(folder.root)).toMatch(/line 3: expected the label good, bad or unknown, got "bent"/);
  });

  it('is refused when it cannot be understood and nothing else says what is good', async () => {
    await folder.plant('0.png', '1.png');
    await folder.write({ 'labels.csv': 'kuva,tulos\n0.png,gut\n' });
    expect(await failure(folder.root)).toMatch(
      /labels\.csv may say it, but lists no images.*got the columns kuva, tulos/,
    );
    await folder.plant('train/good/2.png', 'train/good/3.png');
    const set = await openDataSet(folder.root);
    expect(set.skipped).toEqual([expect.objectContaining({ reason: 'other-table', names: ['labels.csv'] })]);
  });

  it('must agree with folders that say what is good', async () => {
    await folder.plant('good/0.png', 'good/2.png', 'bad/1.png');
    await folder.write({ 'labels.csv': 'path,label\ngood/0.png,good\nbad/1.png,bad\n' });
    expect((await openDataSet(folder.root)).layout).toBe('folder');
    await folder.write({ 'labels.csv': 'path,label\ngood/0.png,bad\n' });
    expect(await failure(folder.root)).toMatch(
      /whether good\/0\.png is good: either it is good, as its folder says, or it is bad, as labels\.csv says/,
    );
    expect((await openDataSet(folder.root, { layout: 'csv' })).items).toHaveLength(1);
    expect((await openDataSet(folder.root, { layout: 'folder' })).items).toHaveLength(3);
  });

  it('is refused where there are two of them', async () => {
    await folder.plant('0.png');
    await folder.write({ 'a.csv': 'path,label\n0.png,good\n', 'b.csv': 'path,label\n0.png,bad\n' });
    expect(await failure(folder.root)).toMatch(/holds 2 tables of images, a\.csv, b\.csv; give one of them/);
  });

  it('does not lead out of a folder that it must stay in', async () => {
    await folder.plant('set/0.png', 'other/1.png');
    for (const path of ['../other/1.png', at('other/1.png')]) {
      await folder.write({ 'set/labels.csv': `path,label\n0.png,good\n${path},good\n` });
      expect(await failure(at('set'), { within: at('set') })).toMatch(/line 3: leads out of the folder/);
    }
  });
});

/** A text in every encoding that is taken, with and without its mark. */
function encodings(text: string): [string, Uint8Array][] {
  const little = Buffer.from(text, 'utf16le');
  const big = Buffer.from(little).swap16();
  return [
    ['UTF-8', Buffer.from(text)],
    ['UTF-8 with a mark', Buffer.from(`\ufeff${text}`)],
    ['UTF-16 LE with a mark', Buffer.concat([Buffer.of(0xff, 0xfe), little])],
    ['UTF-16 BE with a mark', Buffer.concat([Buffer.of(0xfe, 0xff), big])],
    ['UTF-16 LE', little],
    ['UTF-16 BE', big],
  ];
}
