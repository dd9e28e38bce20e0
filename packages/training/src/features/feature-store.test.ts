import { readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type RgbImage, StorageError } from '@cflow/spec';
import { afterAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { FeatureStore, type FeatureStoreOptions } from './feature-store.js';

const root = temporaryFolder();

const LAYERS = [
  { name: 'a', channels: 3, height: 4, width: 2 },
  { name: 'b', channels: 5, height: 1, width: 2 },
];
const PER_IMAGE = 4 * (24 + 10);
const IMAGES = 21;
/** Images that cannot be read. */
const BROKEN = [4, 5, 20];
const READABLE = Array.from({ length: IMAGES }, (_, i) => i).filter((i) => !BROKEN.includes(i));

const imageOf = (index: number): RgbImage => ({ width: 1, height: 1, data: Uint8Array.of(index, 0, 0) });
const featuresOf = (index: number, layer: number): Float32Array =>
  Float32Array.from({ length: layer === 0 ? 24 : 10 }, (_, i) => index * 100 + layer * 50 + i / 7);

/** A list of images with a count of what was asked of it. */
function source(changes: Partial<FeatureStoreOptions> = {}) {
  const asked = { streamed: 0, loaded: [] as number[], largest: 0 };
  const options: FeatureStoreOptions = {
    folder: join(root, 'store'),
    layers: LAYERS,
    limit: 1e9,
    fingerprint: 'one',
    images: IMAGES,
    async *stream() {
      asked.streamed += 1;
      for (const index of READABLE) yield { index, image: imageOf(index) };
    },
    async load(indices) {
      asked.loaded.push(...indices);
      return indices.map(imageOf);
    },
    async compute(images) {
      asked.largest = Math.max(asked.largest, images.length);
      return LAYERS.map((_, layer) => {
        const rows = images.map(({ data }) => featuresOf(data[0]!, layer));
        return Float32Array.from(rows.flatMap((row) => [...row]));
      });
    },
    ...changes,
  };
  return { asked, options };
}

const stores: FeatureStore[] = [];
afterAll(() => Promise.all(stores.map((store) => store.close())));

async function open(options: FeatureStoreOptions): Promise<FeatureStore> {
  const store = await FeatureStore.open(options, 4, () => undefined);
  stores.push(store);
  return store;
}

async function expectAll(store: FeatureStore): Promise<void> {
  expect(store.readable).toEqual(READABLE);
  const places = [17, 0, 3, 4, 4, 9, 16];
  for (const layer of [0, 1]) {
    const rows = await store.read(layer, places);
    const expected = places.flatMap((place) => [...featuresOf(READABLE[place]!, layer)]);
    expect([...rows]).toEqual(expected);
  }
}

describe('FeatureStore', () => {
  it('computes features once, a batch at a time, and reads back any of them', async () => {
    await rm(join(root, 'store'), { recursive: true, force: true });
    const { options, asked } = source();
    const progress: number[] = [];
    const store = await FeatureStore.open(options, 4, (done, total) => {
      expect(total).toBe(IMAGES);
      progress.push(done);
    });
    stores.push(store);
    await expectAll(store);
    expect(asked).toEqual({ streamed: 1, loaded: [], largest: 4 });
    expect(progress).toEqual(READABLE.map((index) => index + 1));
    expect(await store.read(0, [])).toEqual(new Float32Array(0));
  });

  it('does not compute again when it is opened again', async () => {
    const { options, asked } = source();
    await expectAll(await open(options));
    expect(asked.streamed).toBe(0);
  });

  it.each([0, 1, PER_IMAGE - 1, PER_IMAGE, 7 * PER_IMAGE + 5, 17 * PER_IMAGE])(
    'keeps to a limit of %i bytes and gives the same features all the same',
    async (limit) => {
      const folder = join(root, `limit-${limit}`);
      const { options, asked } = source({ folder, limit });
      await expectAll(await open(options));
      const stored = Math.min(READABLE.length, Math.floor(limit / PER_IMAGE));
      const sizes = await Promise.all(
        ['layer0.f32', 'layer1.f32'].map(async (file) => (await stat(join(folder, file))).size),
      );
      expect(sizes).toEqual([stored * 4 * 24, stored * 4 * 10]);
      // Only images that are not stored are loaded again, and by their place in the list.
      expect(asked.loaded.every((index) => READABLE.indexOf(index) >= stored)).toBe(true);
      expect(asked.loaded).toContain(READABLE[17]);
      expect(asked.largest).toBeLessThanOrEqual(8);
    },
  );

  it('computes again for other images, layers or weights', async () => {
    const folder = join(root, 'fingerprint');
    await open(source({ folder }).options);
    const { options, asked } = source({ folder, fingerprint: 'two' });
    await expectAll(await open(options));
    expect(asked.streamed).toBe(1);
  });

  it.each<[string, (folder: string) => Promise<void>]>([
    ['the index is missing', (folder) => rm(join(folder, 'index.json'))],
    ['the index is junk', (folder) => writeFile(join(folder, 'index.json'), '{"finger')],
    ['the index is of something else', (folder) => writeFile(join(folder, 'index.json'), '{}')],
    ['a file is missing', (folder) => rm(join(folder, 'layer1.f32'))],
    ['a file is cut short', (folder) => truncate(join(folder, 'layer0.f32'), 1000)],
  ])('starts over when %s', async (what, damage) => {
    const folder = join(root, what);
    await open(source({ folder }).options);
    await damage(folder);
    const { options, asked } = source({ folder });
    await expectAll(await open(options));
    expect(asked.streamed).toBe(1);
  });

  it('starts over after a run that ended while it was filled', async () => {
    const folder = join(root, 'interrupted');
    const stopped = new Error('stop');
    const { options } = source({ folder });
    const broken: FeatureStoreOptions = {
      ...options,
      async *stream() {
        for (const index of READABLE.slice(0, 9)) yield { index, image: imageOf(index) };
        throw stopped;
      },
    };
    await expect(open(broken)).rejects.toBe(stopped);
    expect(await readdir(folder)).not.toContain('index.json');
    // A part is of no use, and its room is given back.
    expect((await readFile(join(folder, 'layer0.f32'))).length).toBe(0);
    await expectAll(await open(options));
  });

  it('says so when a file is cut short while it is in use', async () => {
    const folder = join(root, 'in-use');
    const store = await open(source({ folder }).options);
    await truncate(join(folder, 'layer0.f32'), 100);
    await expect(store.read(0, [17])).rejects.toThrow(StorageError);
    expect([...(await store.read(0, [0]))]).toEqual([...featuresOf(0, 0)]);
  });

  it('says so when the folder cannot be made', async () => {
    await writeFile(join(root, 'a-file'), '');
    await expect(open(source({ folder: join(root, 'a-file', 'store') }).options)).rejects.toThrow(
      StorageError,
    );
  });
});
