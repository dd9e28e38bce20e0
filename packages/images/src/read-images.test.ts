import { join } from 'node:path';
import { ImageError } from '@cflow/spec';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { grayPng, temporaryFolder, writeFiles } from './fixtures/files.js';
import { readImages } from './read-images.js';

let root: string;
let remove: () => Promise<void>;
let items: { path: string; name: string }[];

beforeAll(async () => {
  ({ root, remove } = await temporaryFolder());
  const whole = await grayPng(50, 40, 30);
  await writeFiles(root, {
    '0.png': await grayPng(0, 64, 48),
    '1.png': whole.subarray(0, whole.length - 30),
    '2.png': await grayPng(20, 8, 6),
    '3.png': 'no image',
    '4.png': await grayPng(40),
  });
  items = ['0.png', '1.png', '2.png', '3.png', '4.png', '5.png'].map((name) => ({
    path: join(root, name),
    name,
  }));
});
afterAll(() => remove());

describe('readImages', () => {
  it.each([1, 2, 16])(
    'gives the images in order and lists those it left out, %i at once',
    async (concurrency) => {
      const told: number[] = [];
      const stream = readImages(items, { concurrency, onUnreadable: ({ index }) => told.push(index) });
      const seen: [string, number, number][] = [];
      for await (const { item, index, image } of stream) seen.push([item.name, index, image.data[0]!]);
      expect(seen).toEqual([
        ['0.png', 0, 0],
        ['2.png', 2, 20],
        ['4.png', 4, 40],
      ]);
      expect(stream.unreadable.map(({ item, error }) => [item.name, error.details.reason])).toEqual([
        ['1.png', 'damaged'],
        ['3.png', 'not-an-image'],
        ['5.png', 'missing'],
      ]);
      expect(stream.unreadable.every(({ item, error }) => error.message.includes(item.path))).toBe(true);
      expect(told).toEqual([1, 3, 5]);
    },
  );

  it('stops at the first bad image when asked to', async () => {
    const seen: string[] = [];
    const run = async (): Promise<void> => {
      for await (const { item } of readImages(items, { onBad: 'stop' })) seen.push(item.name);
    };
    await expect(run()).rejects.toThrow(ImageError);
    expect(seen).toEqual(['0.png']);
  });

  it('resamples as it reads, and keeps the size the image had', async () => {
    const [first] = items;
    for await (const { image, original } of readImages([first!], { canvas: { inputSize: [5, 10] } })) {
      expect([image.width, image.height, image.data.length]).toEqual([10, 5, 150]);
      expect(original).toEqual({ width: 64, height: 48 });
    }
    expect.assertions(2);
  });

  it('applies the limits', async () => {
    const stream = readImages(items.slice(0, 3), { limits: { pixels: 100 } });
    for await (const { item } of stream) expect(item.name).toBe('2.png');
    expect(stream.unreadable.map(({ error }) => error.details.reason)).toEqual([
      'too-many-pixels',
      'too-many-pixels',
    ]);
  });

  it('stops with the signal', async () => {
    const stop = new AbortController();
    const run = async (): Promise<void> => {
      for await (const _ of readImages(items, { signal: stop.signal }))
        stop.abort(new Error('stopped by hand'));
    };
    await expect(run()).rejects.toThrow('stopped by hand');
  });

  it('does not take a mistake in its use for a bad image', async () => {
    expect(() => readImages(items, { canvas: { inputSize: [5, 0] } })).toThrow(/0x5/);
    const run = async (): Promise<void> => {
      for await (const _ of readImages([{ path: 5 as unknown as string }]));
    };
    await expect(run()).rejects.toThrow(TypeError);
  });
});
