import { type DataSet, DataSetError, type DataSetItem } from '@cflow/spec';
import { describe, expect, it } from 'vitest';
import { selectImages } from './select-images.js';

const items = (count: number, split: DataSetItem['split'], label: DataSetItem['label']): DataSetItem[] =>
  Array.from({ length: count }, (_, i) => {
    const name = `${split}/${label}/${i}.png`;
    return { path: `/data/${name}`, name, split, label };
  });

const dataSet = (...parts: DataSetItem[][]): DataSet => ({
  layout: 'mvtec',
  name: 'parts',
  root: '/data',
  items: parts.flat(),
});

const names = (list: readonly DataSetItem[]): string[] => list.map(({ name }) => name);

describe('selectImages', () => {
  it('holds good images out at random, by the seed, and keeps the order of the others', () => {
    const all = items(40, 'train', 'good');
    const { train, heldOut, test } = selectImages(dataSet(all), 0.25, 0);
    expect([train.length, heldOut.length, test.length]).toEqual([30, 10, 0]);
    expect(names([...train, ...heldOut]).sort()).toEqual(names(all).sort());
    for (const part of [train, heldOut]) {
      const places = part.map((item) => all.indexOf(item));
      expect(places).toEqual([...places].sort((a, b) => a - b));
    }
    // Not simply the first or the last.
    expect(names(heldOut)).not.toEqual(names(all.slice(0, 10)));
    expect(names(heldOut)).not.toEqual(names(all.slice(-10)));
    expect(selectImages(dataSet(all), 0.25, 0)).toEqual({ train, heldOut, test });
    expect(names(selectImages(dataSet(all), 0.25, 1).heldOut)).not.toEqual(names(heldOut));
  });

  it('does not train on bad images, and takes unlabelled ones of a training folder for good', () => {
    const all = dataSet(items(6, 'train', 'good'), items(3, 'train', 'bad'), items(2, 'train', 'unknown'));
    const { train } = selectImages(all, 0, 0);
    expect(train.length).toBe(8);
    expect(train.some(({ label }) => label === 'bad')).toBe(false);
  });

  it("uses the data set's own validation images, without the bad ones", () => {
    const all = dataSet(
      items(10, 'train', 'good'),
      items(3, 'validation', 'good'),
      items(2, 'validation', 'bad'),
    );
    const { train, heldOut } = selectImages(all, 0.25, 0);
    expect(train.length).toBe(10);
    expect(names(heldOut)).toEqual([
      'validation/good/0.png',
      'validation/good/1.png',
      'validation/good/2.png',
    ]);
  });

  it('evaluates on labelled test images', () => {
    const all = dataSet(
      items(10, 'train', 'good'),
      items(2, 'test', 'good'),
      items(3, 'test', 'bad'),
      items(4, 'test', 'unknown'),
    );
    expect(selectImages(all, 0.1, 0).test.length).toBe(5);
  });

  it('holds nothing out when there are too few to spare', () => {
    expect(selectImages(dataSet(items(44, 'train', 'good')), 0.1, 0).heldOut).toEqual([]);
    expect(selectImages(dataSet(items(45, 'train', 'good')), 0.1, 0).heldOut.length).toBe(5);
    expect(selectImages(dataSet(items(100, 'train', 'good')), 0, 0).heldOut).toEqual([]);
  });

  it('refuses fewer than two good images', () => {
    const none = () => selectImages(dataSet(items(5, 'train', 'bad'), items(5, 'test', 'good')), 0.1, 0);
    expect(none).toThrow(DataSetError);
    expect(none).toThrow(/"parts" has no good images to train on; put them in train\/good/);
    const one = () => selectImages(dataSet(items(1, 'train', 'good')), 0.1, 0);
    expect(one).toThrow(DataSetError);
    expect(one).toThrow(/has one good image; at least 2/);
    expect(selectImages(dataSet(items(2, 'train', 'good')), 0.1, 0).train.length).toBe(2);
  });
});
