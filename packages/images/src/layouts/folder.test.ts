import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failure, numbers, summary, testFolder } from '../fixtures/data-sets.js';
import { writeFiles } from '../fixtures/files.js';
import { openDataSet } from '../open-data-set.js';

const folder = testFolder();

describe('a plain folder', () => {
  it('of images: all good, all for training', async () => {
    await folder.plant('b.png', 'a.JPEG', 'c.webp');
    const set = await openDataSet(folder.root);
    expect(set.layout).toBe('folder');
    expect(summary(set)).toEqual(
      ['a.JPEG', 'b.png', 'c.webp'].map((name) => `${name} | train | good | - | -`),
    );
  });

  it('with a folder of good images and folders of defects', async () => {
    await folder.plant(
      ...numbers(10).map((n) => `OK/${n}.png`),
      'scratch/1.png',
      'dent/deep/2.png',
      'extra.png',
    );
    const set = await openDataSet(folder.root, { testFraction: 0.3 });
    const count = (split: string, label: string): number =>
      set.items.filter((item) => item.split === split && item.label === label).length;
    expect([
      count('train', 'good'),
      count('test', 'good'),
      count('test', 'bad'),
      count('train', 'bad'),
    ]).toEqual([7, 3, 2, 0]);
    expect(set.items.filter(({ label }) => label === 'bad').map(({ defect }) => defect)).toEqual([
      'dent',
      'scratch',
    ]);
    // Nobody said what the image beside the folders is.
    expect(set.items.find(({ name }) => name === 'extra.png')).toMatchObject({
      split: 'test',
      label: 'unknown',
    });
  });

  it('with a folder of good images alone', async () => {
    await folder.plant('normal/1.png', 'normal/2.png', 'normal/more/3.png');
    expect((await openDataSet(folder.root)).items.map(({ split, label }) => `${split} ${label}`)).toEqual(
      Array(3).fill('train good'),
    );
  });

  it('of images with a folder named bad, and masks', async () => {
    await folder.plant('1.png', '2.png', 'bad/3.png', 'masks/bad/3_mask.png');
    expect(summary(await openDataSet(folder.root, { testFraction: 0 }))).toEqual([
      '1.png | train | good | - | -',
      '2.png | train | good | - | -',
      'bad/3.png | test | bad | bad | masks/bad/3_mask.png',
    ]);
  });

  it('with train and test', async () => {
    await folder.plant(
      'train/1.png',
      'train/2.png',
      'test/normal/3.png',
      'test/bent/4.png',
      'test/5.png',
      'other/6.png',
    );
    const set = await openDataSet(folder.root);
    expect(set.layout).toBe('folder');
    expect(summary(set)).toEqual([
      'test/5.png | test | unknown | - | -',
      'test/bent/4.png | test | bad | bent | -',
      'test/normal/3.png | test | good | - | -',
      'train/1.png | train | good | - | -',
      'train/2.png | train | good | - | -',
    ]);
  });

  it('keeps held-out images held out when others are added', async () => {
    await folder.plant(...numbers(40).map((n) => `good/${n}.png`), 'bad/1.png');
    const heldOut = async (): Promise<string[]> =>
      (await openDataSet(folder.root)).items
        .filter(({ split, label }) => split === 'test' && label === 'good')
        .map(({ name }) => name);
    const before = await heldOut();
    expect(before).toHaveLength(8);
    await folder.plant('good/new.png');
    const after = await heldOut();
    expect(before.filter((name) => after.includes(name)).length).toBeGreaterThanOrEqual(7);
  });

  it('is refused when nobody can tell which images are good', async () => {
    await folder.plant('red/1.png', 'blue/2.png');
    expect(await failure(folder.root)).toMatch(
      /expected a folder good, ok or normal, got only the folders blue, red/,
    );
    await folder.plant('0.png');
    expect(await failure(folder.root)).toMatch(/got images straight in it and the folders blue, red/);
  });

  it('is read by the names of its images where they say all of it, and refused where they say some', async () => {
    await folder.plant('good_0.png', 'ok_1.png', 'bad_0.png', 'NG2.png');
    const set = await openDataSet(folder.root, { testFraction: 0 });
    expect(summary(set)).toEqual([
      'NG2.png | test | bad | - | -',
      'bad_0.png | test | bad | - | -',
      'good_0.png | train | good | - | -',
      'ok_1.png | train | good | - | -',
    ]);
    await folder.plant('0007.png');
    expect(await failure(folder.root)).toMatch(
      /NG2\.png, bad_0\.png are called like bad ones, and 0007\.png are not/,
    );
  });

  it('of good images may have any names in it, and a word of several says nothing', async () => {
    await folder.plant('good/bad_0.png', 'good/1.png', 'scratch/0.png');
    expect((await openDataSet(folder.root)).items.filter(({ label }) => label === 'good').length).toBe(2);
    await folder.plant('flat/bad pixel map 1.png', 'flat/2.png');
    expect((await openDataSet(join(folder.root, 'flat'))).items.length).toBe(2);
  });

  it('with one list of annotations is refused by its name, where folders do not say what is good', async () => {
    const coco = JSON.stringify({
      info: { description: 'x'.repeat(70_000) },
      images: [{ id: 1, file_name: '1.png' }],
      annotations: [{ image_id: 1, bbox: [1, 1, 2, 2] }],
    });
    await writeFiles(folder.root, {
      'roboflow/train/_annotations.coco.json': coco,
      'cvat/annotations/instances_default.json': coco,
      'sorted/annotations.json': coco,
      'other/settings.json': JSON.stringify({ images: 4 }),
    });
    await folder.plant(
      ...['1.png', '2.png'].flatMap((name) =>
        ['roboflow/train', 'cvat/images', 'sorted/good', 'other'].map((at) => `${at}/${name}`),
      ),
    );
    expect(await failure(join(folder.root, 'roboflow'))).toMatch(
      /train\/_annotations\.coco\.json lists annotations in COCO's form, which are not read here/,
    );
    expect(await failure(join(folder.root, 'cvat'))).toMatch(/annotations\/instances_default\.json lists/);
    for (const name of ['sorted', 'other']) {
      expect((await openDataSet(join(folder.root, name))).items.length, name).toBe(2);
    }
  });

  it.each([
    [
      'labels as a text',
      'labels.txt',
      'img/0.png good\r\nimg/1.png bad\r\n',
      /labels\.txt names images.*as CSV/,
    ],
    ['numbers with commas', 'list.lst', '0.png,0\n1.png,1\n', /list\.lst names images/],
    ['a spreadsheet', 'Prüfung.XLSX', 'PK\x03\x04', /Prüfung\.XLSX is a spreadsheet.*save it as CSV/],
    ['JSON', 'labels.json', '{"0.png": "ok", "1.png": "nok"}', /labels\.json names images/],
    [
      'UTF-16',
      'labels.json',
      Buffer.from('{"0.png": "ok", "1.png": "nok"}', 'utf16le'),
      /labels\.json names/,
    ],
    [
      'Label Studio',
      'project-1.json',
      '[{"data":{"image":"/data/upload/1/1a2b-0.png"},"annotations":[{"result":[{"value":{"choices":["x"]}}]}]}]',
      /project-1\.json names images/,
    ],
    [
      'CVAT',
      'annotations.xml',
      '<image id="1" name="1.png"><polygon points="1,1;2,2"/></image>',
      /annotations\.xml names/,
    ],
    ['VIA', 'via.json', '{"1.png9":{"filename":"1.png","regions":[{}]}}', /via\.json names images/],
  ])(
    'with a list that is not read is refused, where folders do not say what is good: %s',
    async (_, name, text, message) => {
      await folder.plant('img/0.png', 'img/1.png');
      await folder.write({ [name]: text });
      expect(await failure(folder.root)).toMatch(message);
      expect((await openDataSet([], { good: [join(folder.root, 'img')] })).items).toHaveLength(2);
    },
  );

  it('with files that name images and say nothing of them is read', async () => {
    await folder.plant('0.png', '1.png', '2.png');
    await folder.write({
      'README.txt': '0.png good\n1.png bad\n',
      'SHA256.txt': ['0', '1'].map((n) => `${'ab'.repeat(32)} *${n}.png`).join('\n'),
      'camera.txt': '0.png 2024-01-01 12:00 4.5\n1.png 2024-01-01 12:01 4.5\n',
      'session.json': '{"frames": ["0.png", "1.png"], "exposure": 4}',
      'files.txt': '0.png\n1.png\n2.png\n',
    });
    expect((await openDataSet(folder.root)).items).toHaveLength(3);
  });

  it('with drawings beside bad images says that these are no masks', async () => {
    await folder.plant('good/0.png', 'bad/1.png');
    await folder.write({ 'bad/1.json': '{"shapes": [{}]}', 'notes.json': '{}' });
    expect((await openDataSet(folder.root)).skipped).toEqual([
      {
        reason: 'unsupported-format',
        count: 1,
        names: ['bad/1.json'],
        hint: 'annotations: draw them as masks',
      },
      expect.objectContaining({ reason: 'not-an-image', names: ['notes.json'] }),
    ]);
  });

  it('of good images beside bad ones of the same view are good, and without those unclear', async () => {
    await folder.plant('train/ok_front/0.png', 'test/ok_front/1.png', 'test/def_front/2.png');
    expect(summary(await openDataSet(folder.root))).toEqual([
      'test/def_front/2.png | test | bad | def_front | -',
      'test/ok_front/1.png | test | good | - | -',
      'train/ok_front/0.png | train | good | - | -',
    ]);
    await folder.plant('other/ok_left/0.png', 'other/def_front/1.png');
    expect(await failure(join(folder.root, 'other'))).toMatch(/whether the images of ok_left are good/);
  });

  it('with annotations that are not read is refused, where they may mark defects', async () => {
    await folder.plant('images/train/0.png', 'images/train/1.png', 'labels/train/1.txt', 'data.yaml');
    expect(await failure(folder.root)).toMatch(
      /1 of 2 have annotations, such as train\/1\.png \(labels\/train\/1\.txt\), which are not read/,
    );
    await folder.plant('beside/0.png', 'beside/1.png', 'beside/1.json');
    expect(await failure(join(folder.root, 'beside'))).toMatch(/1 of 2 have annotations/);
    // A file beside each image is what cameras write, and who fills a folder called good has looked.
    await folder.plant('beside/0.json', 'kept/good/0.png', 'kept/good/1.png', 'kept/good/1.json');
    expect((await openDataSet(join(folder.root, 'beside'))).items.length).toBe(2);
    for (const drawn of ['{"shapes":[{"label":"x"}]}', '<annotation><object><name>', '0 0.5 0.5 0.1 0.1\n']) {
      await folder.write({ 'beside/0.json': drawn });
      expect(await failure(join(folder.root, 'beside')), drawn).toMatch(/2 of 2 have annotations/);
    }
    expect((await openDataSet(join(folder.root, 'kept'))).items.length).toBe(2);
  });

  it('that holds nothing but an archive says so', async () => {
    await folder.plant('data/inner.zip');
    expect(await failure(folder.root)).toMatch(/archive inside, data\/inner\.zip.*unpack it/);
  });

  it('is refused when it is empty, missing, or not of the layout asked for', async () => {
    expect(await failure(folder.root)).toMatch(/no images in .*expected images straight in the folder/);
    expect(await failure(join(folder.root, 'gone'))).toMatch(/there is no file or folder .*gone/);
    expect(await failure(join(folder.root, 'gone'), { layout: 'mvtec' })).toMatch(
      /layout mvtec needs one folder that exists/,
    );
    await folder.plant('a.png');
    expect(await failure(folder.root, { layout: 'mvtec' })).toMatch(
      /not in the layout mvtec: expected images in train\/good.*found 1 images, no folders/,
    );
    expect(await failure(folder.root, { testFraction: 1 })).toMatch(
      /test fraction must be at least 0 and below 1, got 1/,
    );
  });

  it('can be forced where another layout would be recognized, by the same words', async () => {
    await folder.plant('train/good/1.png', 'train/ok/2.png');
    expect((await openDataSet(folder.root)).items.map(({ label }) => label)).toEqual(['good', 'good']);
    const set = await openDataSet(folder.root, { layout: 'folder' });
    expect(set.layout).toBe('folder');
    expect(set.items.map(({ label }) => label)).toEqual(['good', 'good']);
  });
});
