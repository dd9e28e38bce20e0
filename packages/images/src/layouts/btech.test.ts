import { describe, expect, it } from 'vitest';
import { summary, testFolder } from '../fixtures/data-sets.js';
import { openDataSet } from '../open-data-set.js';

const folder = testFolder();

describe('BTech', () => {
  it('is recognized and read', async () => {
    await folder.plant('train/ok/0.bmp', 'test/ok/1.png', 'test/ko/2.png', 'ground_truth/ko/2.bmp');
    const set = await openDataSet(folder.root);
    expect(set.layout).toBe('btech');
    expect(summary(set)).toEqual([
      'test/ko/2.png | test | bad | ko | ground_truth/ko/2.bmp',
      'test/ok/1.png | test | good | - | -',
      'train/ok/0.bmp | train | good | - | -',
    ]);
  });
});
