import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failure, numbers, summary, testFolder } from '../fixtures/data-sets.js';
import { openDataSet } from '../open-data-set.js';

const folder = testFolder();

describe('VisA', () => {
  const category = (name: string): string[] => [
    ...numbers(10).map((n) => `${name}/Data/Images/Normal/${n}.JPG`),
    `${name}/Data/Images/Anomaly/000.JPG`,
    `${name}/Data/Masks/Anomaly/000.png`,
  ];

  it('takes the official split', async () => {
    await folder.plant(...category('candle'), ...category('pcb1'));
    await folder.write({
      'split_csv/1cls.csv': [
        'object,split,label,image,mask',
        'candle,train,normal,candle/Data/Images/Normal/105.JPG,',
        'candle,test,normal,candle/Data/Images/Normal/100.JPG,',
        'candle,test,anomaly,candle/Data/Images/Anomaly/000.JPG,candle/Data/Masks/Anomaly/000.png',
        'pcb1,train,normal,pcb1/Data/Images/Normal/100.JPG,',
      ].join('\r\n'),
    });
    expect(await failure(folder.root)).toMatch(/category \(candle, pcb1\)/);
    for (const set of [
      await openDataSet(folder.root, { category: 'candle' }),
      await openDataSet(join(folder.root, 'candle')),
    ]) {
      expect(set.layout).toBe('visa');
      expect(summary(set)).toEqual([
        'Data/Images/Anomaly/000.JPG | test | bad | Anomaly | Data/Masks/Anomaly/000.png',
        'Data/Images/Normal/100.JPG | test | good | - | -',
        'Data/Images/Normal/105.JPG | train | good | - | -',
      ]);
    }
  });

  it('names images that the split lists and that are not there, and rows that say nothing', async () => {
    await folder.plant(...category('candle'));
    const header = 'object,split,label,image,mask';
    await folder.write({
      'split_csv/1cls.csv': `${header}\ncandle,train,normal,candle/Data/Images/Normal/999.JPG,`,
    });
    expect(await failure(folder.root)).toMatch(
      /1 images that .*1cls\.csv lists are not in .*Normal\/999\.JPG/,
    );
    await folder.write({
      'split_csv/1cls.csv': `${header}\n\ncandle,trian,normal,candle/Data/Images/Normal/100.JPG,`,
    });
    expect(await failure(folder.root)).toMatch(/line 3: expected a split of train or test.*got trian/);
    await folder.write({ 'split_csv/1cls.csv': 'object,split,image\n' });
    expect(await failure(folder.root)).toMatch(
      /among them object and split and label and image; got object, split, image/,
    );
  });

  it('splits by the seed without that file', async () => {
    await folder.plant(...category('candle'));
    const set = await openDataSet(join(folder.root, 'candle'));
    expect(set.layout).toBe('visa');
    expect(set.items.filter(({ split, label }) => split === 'test' && label === 'good')).toHaveLength(2);
    expect(set.items.filter(({ label }) => label === 'bad').map(({ split }) => split)).toEqual(['test']);
  });
});
