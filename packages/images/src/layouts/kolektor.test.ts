import { describe, expect, it } from 'vitest';
import { failure, numbers, summary, testFolder } from '../fixtures/data-sets.js';
import { bitmap, grayPng } from '../fixtures/files.js';
import { openDataSet } from '../open-data-set.js';

const folder = testFolder();

describe('Kolektor', () => {
  const label = (values: number[]): Uint8Array =>
    bitmap({
      width: 2,
      height: 1,
      bits: 8,
      palette: Array.from({ length: 256 }, (_, i) => [i, i, i] as const),
      pixels: new Uint8Array([...values, 0, 0]),
    });

  it('reads the labels: all black is good', async () => {
    const parts = numbers(10).map((n) => `kos01/Part${n}`);
    await folder.plant(...parts.map((part) => `${part}.jpg`));
    for (const part of parts)
      await folder.write({ [`${part}_label.bmp`]: label(part.endsWith('3') ? [0, 255] : [0, 0]) });
    const set = await openDataSet(folder.root);
    expect(set.layout).toBe('kolektor');
    expect(set.items).toHaveLength(10);
    expect(summary(set).filter((line) => line.includes('bad'))).toEqual([
      'kos01/Part103.jpg | test | bad | defect | kos01/Part103_label.bmp',
    ]);
    expect(set.items.filter(({ split, label: l }) => split === 'test' && l === 'good')).toHaveLength(2);
    expect(await openDataSet(folder.root)).toEqual(set);
    const splits = await Promise.all(
      [1, 2, 3, 4].map(async (seed) => summary(await openDataSet(folder.root, { seed })).join()),
    );
    expect(new Set([...splits, summary(set).join()]).size).toBeGreaterThan(1);
  });

  it('names an image without a label', async () => {
    await folder.plant('kos01/Part0.jpg', 'kos01/Part1.jpg');
    await folder.write({ 'kos01/Part0_label.bmp': label([0, 0]) });
    expect(await failure(folder.root)).toMatch(
      /1 of 2 images without a mask are good.*either they are.*or nobody has marked them yet.*kos01\/Part1\.jpg/,
    );
  });

  it('keeps the split of KolektorSDD2', async () => {
    await folder.plant('train/10.png', 'test/20.png');
    await folder.write({ 'train/10_GT.png': await grayPng(0), 'test/20_GT.png': await grayPng(255) });
    expect(summary(await openDataSet(folder.root))).toEqual([
      'test/20.png | test | bad | defect | test/20_GT.png',
      'train/10.png | train | good | - | -',
    ]);
  });
});
