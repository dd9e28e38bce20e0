import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failure, testFolder } from '../fixtures/data-sets.js';
import { openDataSet } from '../open-data-set.js';

const folder = testFolder();
const NAMES = Array.from({ length: 40 }, (_, i) => `${i}.png`);
const lines = (line: (name: string, i: number) => string): string => NAMES.map(line).join('\n');
const each = (of: (name: string, i: number) => object): string => JSON.stringify(NAMES.map(of));

describe('a file beside images of which no folder says anything', () => {
  it.each([
    ['times', 'timestamps.txt', lines((name, i) => `${name} ${1_700_000_000.5 + i}`)],
    ['times before the name (TUM)', 'rgb.txt', lines((name, i) => `${1305031102.1753 + i} rgb/${name}`)],
    ['sizes, some of which come again', 'sizes.txt', lines((name, i) => `${name} ${12_000 + (i % 7)}`)],
    ['short sums', 'crc8.txt', lines((name, i) => `${name} ${((i * 37) % 256).toString(16)}`)],
    ['a list for ffmpeg', 'concat.txt', lines((name) => `file '${name}'`)],
    ['measurements, by number', 'temperature.log', lines((_, i) => `${i} ${21 + (i % 2)}`)],
    ['a log', 'camera.log', lines((name) => `12:00 INFO saved ${name}, exposure ok`)],
    ['an order', 'order.txt', lines((name, i) => `${name},${i}`)],
    ['a text in words', 'notes.md', '# 0.png\nThe first image was taken on Monday.\n'],
    ['a count of points', 'capture.json', each((file) => ({ file, points: 3, objects: [], ret: 0 }))],
    ['states that never vary', 'capture2.json', each((file) => ({ file, io: true, pass: 1, clean: false }))],
    ['a class of a camera', 'capture.xml', lines((name) => `<frame class="a" file="${name}" tag="x"/>`)],
    ['a state of a session', 'session.yaml', 'state: ok\nexposure: 4\nlast: 0.png\n'],
    [
      'a word far from any name',
      'long.json',
      JSON.stringify({ first: '0.png', gains: Array(3000).fill(1), last: 'failed' }),
    ],
  ])('is left out where it says nothing of them: %s', async (_, name, text) => {
    await folder.plant(...NAMES);
    await folder.write({ [name]: text });
    expect((await openDataSet(folder.root)).items).toHaveLength(NAMES.length);
  });

  it.each([
    ['numbers of classes', 'list.txt', lines((name, i) => `${name} ${i % 3}`)],
    ['words', 'list.txt', lines((name, i) => `${name} ${i % 9 === 0 ? 'scratch' : 'none'}`)],
    ['one word for one image', 'list.txt', '7.png bad\n'],
    ['how sure somebody was', 'list.txt', '7.png good 0.93\n8.png bad 0.4\n'],
    ['names without ending', 'list.txt', '3 bad\n4 good\n'],
    ['names without ending and numbers (VOC)', 'val.txt', lines((_, i) => `${i}  ${i % 5 ? 1 : -1}`)],
    ['a text that is called bad', 'ng.txt', '3.png\n4.png\n'],
    ['a text that is called good, of some', 'ok.txt', '3\n4\n'],
    ['JSON that is called bad', 'defects.json', '["3.png", "4.png"]'],
    ['a table in Markdown', 'labels.md', '| image | label |\n| --- | --- |\n| 3.png | bad |\n'],
    ['a log', 'inspection.log', '0.png: good\n1.png: bad\n'],
    ['YAML', 'labels.yaml', '0.png: ok\n1.png: nok\n'],
    ['YAML, by label', 'labels.yml', 'bad:\n  - 1.png\n'],
    ['JSON, by label', 'labels.json', '{"ok": ["0.png"], "nok": ["1.png"]}'],
    ['JSON with a label of any word', 'labels.json', '[{"file":"img\\/7.png","label":"scratch"}]'],
    ['JSON with kinds', 'x.json', each((file, i) => ({ file, class: i % 4 ? 'a' : 'b' }))],
    ['JSON with yes and no', 'x.json', each((file, i) => ({ file, is_defect: i % 4 ? 0 : 1 }))],
    ['JSON with states that vary', 'x.json', each((file, i) => ({ file, state: i % 4 ? 'ok' : 'x' }))],
    ['JSON with masks', 'x.json', '[{"file":"1.png","mask":"1_drawn.tif"}]'],
    [
      'a drawing of very many points (Label Studio)',
      'project.json',
      `[{"annotations":[{"result":[{"rle":[${Array(5000).fill(12)}]}]}],"data":{"image":"/data/1a2b-0.png"}}]`,
    ],
    ['an embedded picture', 'x.json', `{"data":"${'A'.repeat(300_000)}","file":"1.png","regions":[{}]}`],
    ['XML with text', 'x.xml', '<set><image>1.png</image><verdict>bad</verdict></set>'],
  ])('is refused where it says which are bad: %s', async (_, name, text) => {
    await folder.plant(...NAMES);
    await folder.write({ [name]: text });
    expect(await failure(folder.root)).toContain(`${name} names images`);
  });

  it('may name images with blanks and accents, which JSON may write as numbers', async () => {
    await folder.plant('part 3.png', 'Stück 4.png');
    for (const text of ['part 3.png bad\n', 'STÜCK 4.png;bad\n']) {
      await folder.write({ 'labels.txt': text });
      expect(await failure(folder.root), text).toContain('labels.txt names images');
    }
    await folder.write({ 'labels.txt': '', 'labels.json': '{"St\\u00fcck 4.png": "bad"}' });
    expect(await failure(folder.root)).toContain('labels.json names images');
  });

  it('is looked into within one budget for all files, the smallest first', async () => {
    await folder.plant(...NAMES);
    await folder.write({ 'a.log': '', 'b.log': '', 'z.txt': '' });
    await endWith('a.log', 2 ** 25, '\n0.png good\n');
    expect(await failure(folder.root)).toContain('a.log names images');
    await endWith('a.log', 2 ** 25, '\n');
    await endWith('b.log', 2 ** 26, '\n1.png bad\n');
    expect((await openDataSet(folder.root)).items).toHaveLength(NAMES.length);
    await folder.write({ 'z.txt': '1.png bad\n' });
    expect(await failure(folder.root)).toContain('z.txt names images');
  });
});

/** Zeros, which take no room on the disk, and a text behind them. */
async function endWith(name: string, bytes: number, text: string): Promise<void> {
  const file = await open(join(folder.root, name), 'w');
  await file.write(text, bytes);
  await file.close();
}
