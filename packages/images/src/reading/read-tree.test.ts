import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failure, numbers, summary, testFolder } from '../fixtures/data-sets.js';
import { grayPng } from '../fixtures/files.js';
import { openDataSet } from '../open-data-set.js';
import { dataSetLines } from '../report/data-set-lines.js';
import { examineDataSet } from '../report/examine-data-set.js';

const folder = testFolder();
const skippedOf = async (): Promise<string[]> =>
  ((await openDataSet(folder.root)).skipped ?? []).map(({ reason, count }) => `${count} ${reason}`);

describe('masks', () => {
  it.each([
    ['below the folder of the kind', 'test/anomalous/images/0.png', 'test/anomalous/masks/0.png'],
    ['in a folder beside the kinds', 'test/bad/0.png', 'test/masks/bad/0.png'],
    ['in a folder beside the kinds, with another word for bad', 'test/bad/0.png', 'test/GT/defect/0_gt.png'],
    ['beside the image, by name', 'test/bad/0.png', 'test/bad/0_mask.png'],
    ['beside the image, with a dot', 'test/bad/0.jpg', 'test/bad/0.mask.png'],
    ['in a folder with a blank in its name', 'test/bad/0.png', 'ground truth/bad/0.png'],
    ['in a folder called gt', 'test/crack/0.png', 'gt/crack/0.png'],
    ['in a folder of their kind', 'test/crack/0.png', 'test/crack_masks/0.png'],
    ['flat, where only one bad image is called so', 'test/crack/0.png', 'masks/0.png'],
    ['called like the whole file', 'test/crack/0.jpg', 'ground_truth/crack/0.jpg.png'],
    ['below the split', 'test/crack/0.png', 'ground_truth/test/crack/0.png'],
    ['in other case', 'test/Crack/A0.PNG', 'Ground_Truth/crack/a0_Mask.png'],
    ['with the image called image', 'test/bad/0_image.png', 'test/bad/0_mask.png'],
  ])('are found %s', async (_, image, mask) => {
    await folder.plant('train/good/0.png', 'train/good/1.png', 'test/good/0.png', image, mask);
    const { items, skipped } = await openDataSet(folder.root);
    expect(items.filter(({ label }) => label === 'bad')).toEqual([
      expect.objectContaining({ path: join(folder.root, image), maskPaths: [join(folder.root, mask)] }),
    ]);
    expect(items).toHaveLength(4);
    expect(skipped).toEqual([]);
  });

  it('of one image are all taken, as MVTec LOCO has them', async () => {
    await folder.plant(
      'train/good/0.png',
      'validation/good/0.png',
      'test/good/0.png',
      'test/logical_anomalies/000.png',
      'test/structural_anomalies/000.png',
      'ground_truth/logical_anomalies/000/000.png',
      'ground_truth/logical_anomalies/000/001.png',
      'ground_truth/structural_anomalies/000/000.png',
    );
    const set = await openDataSet(folder.root);
    expect(set.layout).toBe('mvtec-loco');
    expect(summary(set)).toEqual([
      'test/good/0.png | test | good | - | -',
      'test/logical_anomalies/000.png | test | bad | logical_anomalies | ground_truth/logical_anomalies/000/000.png + ground_truth/logical_anomalies/000/001.png',
      'test/structural_anomalies/000.png | test | bad | structural_anomalies | ground_truth/structural_anomalies/000/000.png',
      'train/good/0.png | train | good | - | -',
      'validation/good/0.png | validation | good | - | -',
    ]);
  });

  it('of good images are not trained on, and said', async () => {
    await folder.plant(
      'train/good/images/0.png',
      'train/good/images/1.png',
      'train/good/masks/0.png',
      'test/bad/0.png',
    );
    const set = await openDataSet(folder.root);
    expect(set.items.map(({ name }) => name)).toEqual([
      'test/bad/0.png',
      'train/good/images/0.png',
      'train/good/images/1.png',
    ]);
    expect(await skippedOf()).toEqual(['1 mask-of-good-image']);
  });

  it('that belong to no image of their kind are said, not given to another', async () => {
    await folder.plant(
      'good/9.png',
      'crack/0.png',
      'dent/7.png',
      'masks/crack/0.png',
      'masks/crack/7.png',
      'masks/dent/7.png',
    );
    expect(await skippedOf()).toEqual(['1 mask-without-image']);
  });

  it('are refused where they may belong to two images, naming both', async () => {
    await folder.plant('good/9.png', 'crack/0.png', 'dent/0.png', 'masks/0.png');
    expect(await failure(folder.root)).toMatch(
      /which image the mask masks\/0\.png belongs to: either to crack\/0\.png, or to dent\/0\.png; rename.*good, bad, masks/,
    );
  });

  it('pairs names whose accents are written in another way, as other systems do', async () => {
    const [image, mask] = ['groß ä é.png', 'groß ä é_mask.png'].map((name) => name.normalize('NFC'));
    await folder.plant(
      ...['train/good/0.png', `test/kratzer é/${image}`.normalize('NFC')],
      `ground_truth/kratzer é/${mask}`.normalize('NFD'),
    );
    const { items } = await openDataSet(folder.root);
    expect(items.filter(({ maskPaths }) => maskPaths).map(({ split }) => split)).toEqual(['test']);
    await folder.write({ 'table/list.csv': `path,label\n${image?.normalize('NFD')},good\n` });
    await folder.plant(`table/${image}`);
    const listed = await openDataSet(`${folder.root}/table/list.csv`);
    expect(listed.items.map(({ name }) => name)).toEqual([image]);
  });

  it('are refused where only their name says it and no image is there', async () => {
    await folder.plant('good/0.png', 'good/gas_mask.png');
    expect(await failure(folder.root)).toMatch(/cannot tell what good\/gas_mask\.png is: called like masks/);
    const set = await openDataSet([], { good: [join(folder.root, 'good')] });
    expect(set.items.map(({ name }) => name)).toEqual(['0.png', 'gas_mask.png']);
  });

  it('say themselves which images are good where no folder does', async () => {
    await folder.plant('images/0.png', 'images/1.png');
    await folder.write({ 'masks/0.png': await grayPng(0), 'masks/1.png': await grayPng(255) });
    expect(summary(await openDataSet(folder.root))).toEqual([
      'images/0.png | train | good | - | -',
      'images/1.png | test | bad | defect | masks/1.png',
    ]);
    await folder.plant('images/2.png');
    expect(await failure(folder.root)).toMatch(
      /whether 1 of 3 images without a mask are good.*images\/2\.png/,
    );
  });
});

describe('words', () => {
  it.each([
    ['test/ok', 'test/ng'],
    ['test/normal', 'test/defect'],
    ['test/Good', 'test/abnormal'],
    ['normal_test', 'abnormal'],
    ['good_test', 'bad'],
  ])('of %s and %s are known in every layout', async (good, bad) => {
    await folder.plant('train/good/0.png', 'train/good/1.png', `${good}/2.png`, `${bad}/3.png`);
    const { items } = await openDataSet(folder.root);
    const use = items.map(({ name, split, label }) => `${name} ${split} ${label}`);
    expect(use.toSorted()).toEqual(
      [
        `${bad}/3.png test bad`,
        `${good}/2.png test good`,
        'train/good/0.png train good',
        'train/good/1.png train good',
      ].toSorted(),
    );
  });

  it('leave out what is unlabelled, to be reworked, a backup or outside, and say so', async () => {
    await folder.plant(
      ...numbers(3).map((n) => `train/good/${n}.png`),
      'test/good/0.png',
      'unlabelled/1.png',
      'rework/2.png',
      'backup/good/3.png',
      'docs/figure.png',
    );
    const { items } = await openDataSet(folder.root);
    expect(items.filter(({ label }) => label === 'unknown').map(({ name }) => name)).toEqual([
      'rework/2.png',
      'unlabelled/1.png',
    ]);
    expect(await skippedOf()).toEqual(['1 left-out-folder', '1 outside']);
  });

  it.each([
    [
      'contradict each other',
      ['good/bad/0.png'],
      /whether the images of good\/bad are good: either they are good, as a folder above says, or they are bad/,
    ],
    [
      'are half known',
      ['test/ok_front/0.png', 'train/good/0.png'],
      /"ok_front" is a folder of good images, or it is a kind of defect/,
    ],
    ['name two uses', ['train/test/0.png'], /for train, as the folder above says, or for test/],
    [
      'name masks that nothing is beside',
      ['good/0.png', 'crack_mask/0.png'],
      /either masks of images called crack.*or images of a kind of defect/,
    ],
    [
      'are missing below train',
      ['train/line1/0.png', 'train/line2/0.png'],
      /only the folders train\/line1, train\/line2; either these are batches of good ones, or kinds of defect/,
    ],
  ])('are refused when they %s', async (_, names, message) => {
    await folder.plant(...names);
    expect(await failure(folder.root)).toMatch(message);
  });

  it('give bad images beside a folder for training to the test', async () => {
    await folder.plant('train/0.png', 'train/1.png', 'bad/0.png', 'bad/scratch/1.png');
    expect(summary(await openDataSet(folder.root))).toEqual([
      'bad/0.png | test | bad | bad | -',
      'bad/scratch/1.png | test | bad | scratch | -',
      'train/0.png | train | good | - | -',
      'train/1.png | train | good | - | -',
    ]);
  });
});

describe('MVTec AD 2', () => {
  it('is read with its public test, its private ones being unlabelled', async () => {
    await folder.plant(
      'train/good/000_regular.png',
      'validation/good/100_regular.png',
      'test_public/good/200_regular.png',
      'test_public/bad/300_regular.png',
      'test_public/ground_truth/bad/300_regular_mask.png',
      'test_private/400_regular.png',
      'test_private_mixed/500_mixed.png',
    );
    const set = await openDataSet(folder.root);
    expect(set.layout).toBe('mvtec-ad-2');
    expect(summary(set)).toEqual([
      'test_private/400_regular.png | test | unknown | - | -',
      'test_private_mixed/500_mixed.png | test | unknown | - | -',
      'test_public/bad/300_regular.png | test | bad | bad | test_public/ground_truth/bad/300_regular_mask.png',
      'test_public/good/200_regular.png | test | good | - | -',
      'train/good/000_regular.png | train | good | - | -',
      'validation/good/100_regular.png | validation | good | - | -',
    ]);
  });
});

describe('folders that are named', () => {
  it('may lie anywhere, with masks by name and kinds below', async () => {
    await folder.plant(
      'a/x/0.png',
      'a/x/1.png',
      'b/scratch/0.png',
      'b/dent/1.png',
      'm/scratch/0_mask.png',
      'm/dent/1.png',
    );
    const at = (name: string): string => join(folder.root, name);
    const set = await openDataSet([], { good: [at('a')], bad: [at('b')], masks: [at('m')], testFraction: 0 });
    expect(set.layout).toBe('folders');
    expect(summary(set)).toEqual([
      'a/x/0.png | train | good | - | -',
      'a/x/1.png | train | good | - | -',
      'b/dent/1.png | test | bad | dent | m/dent/1.png',
      'b/scratch/0.png | test | bad | scratch | m/scratch/0_mask.png',
    ]);
  });

  it('start from the folder that is given besides, and never lead out of it where they must not', async () => {
    await folder.plant('set/inner/ok/0.png', 'set/inner/ok/1.png', 'set/inner/ng/2.png');
    const root = join(folder.root, 'set');
    const set = await openDataSet(root, { good: ['ok'], bad: ['ng'], within: root });
    expect(set.items).toHaveLength(3);
    for (const good of ['../other', '/etc', 'a/../../b']) {
      expect(await failure(root, { good: [good], within: root })).toMatch(/leads out of the data set/);
    }
  });

  it('are refused when one image is named twice, or nothing is there', async () => {
    await folder.plant('a/0.png');
    const a = join(folder.root, 'a');
    expect(await failure([], { good: [a], bad: [a] })).toMatch(/is named as bad and as good/);
    expect(await failure([], { good: [join(folder.root, 'gone')] })).toMatch(/there is no file or folder/);
    expect(await failure('x', { good: [a] })).toMatch(/give one folder that their paths start from/);
  });
});

describe('a list', () => {
  it('of folders does not train on masks and bad images in them', async () => {
    await folder.plant('l1/0.png', 'l1/0_mask.png', 'l1/bad/1.png', 'l2/masks/2.png', 'l2/2.png');
    const set = await openDataSet(['l1', 'l2'], { folder: folder.root });
    expect(summary(set)).toEqual([
      'l1/0.png | train | unknown | - | -',
      'l1/bad/1.png | test | bad | - | -',
      'l2/2.png | train | unknown | - | -',
    ]);
    expect(set.skipped).toEqual([expect.objectContaining({ reason: 'mask', count: 2 })]);
    const all = await openDataSet(['l1', 'l2'], { folder: folder.root, everyImage: true });
    expect(all.items).toHaveLength(5);
  });
});

describe('folders called like days, lots or parts', () => {
  it('are no kinds of defect below bad ones, and the understanding says so', async () => {
    await folder.plant(
      'good/0.png',
      'good/2026-05-01/1.png',
      ...['bad/2026-05-01/2.png', 'bad/2026/05/02/3.png', 'bad/lot 7/scratch/4.png'],
      ...['bad/dent/000123/5.png', 'bad/3/6.png'],
    );
    const dataSet = await openDataSet(folder.root, { testFraction: 0 });
    expect(summary(dataSet)).toEqual([
      'bad/2026-05-01/2.png | test | bad | bad | -',
      'bad/2026/05/02/3.png | test | bad | bad | -',
      'bad/3/6.png | test | bad | 3 | -',
      'bad/dent/000123/5.png | test | bad | dent | -',
      'bad/lot 7/scratch/4.png | test | bad | scratch | -',
      'good/0.png | train | good | - | -',
      'good/2026-05-01/1.png | train | good | - | -',
    ]);
    const { report } = await examineDataSet(dataSet);
    expect(report.findings).toContainEqual(
      expect.objectContaining({
        kind: 'batches',
        severity: 'note',
        message: expect.stringMatching(/^called like days, .* no kinds of defect: .*bad\/2026-05-01/),
      }),
    );
    expect(dataSetLines(report).join('\n')).toMatch(/2 bad, 1 3, 1 dent, 1 scratch/);
  });

  it('say nothing beside good images, unless folders in them do', async () => {
    await folder.plant(
      ...['train/good/0.png', 'test/good/1.png', 'test/2026-05-01/2.png'],
      ...['test/2026-05-02/bad/3.png', 'test/2026-05-02/good/4.png', 'test/20260503/dent/5.png'],
    );
    expect(summary(await openDataSet(folder.root))).toEqual([
      'test/2026-05-01/2.png | test | unknown | - | -',
      'test/2026-05-02/bad/3.png | test | bad | bad | -',
      'test/2026-05-02/good/4.png | test | good | - | -',
      'test/20260503/dent/5.png | test | bad | dent | -',
      'test/good/1.png | test | good | - | -',
      'train/good/0.png | train | good | - | -',
    ]);
  });

  it('beside a folder of good images are not trained on', async () => {
    await folder.plant('good/0.png', 'good/1.png', '2026-05-01/2.png', '2026-05-02/bad/3.png');
    const { items } = await openDataSet(folder.root, { testFraction: 0 });
    expect(items.map(({ label }) => label)).toEqual(['unknown', 'bad', 'good', 'good']);
  });
});
