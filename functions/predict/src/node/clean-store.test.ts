import { makeBundle, memoryBundle } from '@cflow/detector/testing';
import { type Jobs, openJobs } from '@cflow/jobs';
import { jobRequestSchema } from '@cflow/spec';
import { ObjectRegistry, type ObjectStore } from '@cflow/store';
import { memoryObjectStore } from '@cflow/store/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CleanStoreOptions, cleanStore } from './clean-store.js';

const HOUR_MS = 3_600_000;

function clean(
  objects: ObjectStore,
  hoursLater: number,
  signal: AbortSignal = new AbortController().signal,
  more: Pick<CleanStoreOptions, 'jobs' | 'dataSetLifeMs'> = {},
) {
  const lines: { level: string; message: string; fields: object }[] = [];
  const log = (level: string) => (fields: object, message: string) =>
    void lines.push({ level, message, fields });
  const now = (): number => Date.now() + hoursLater * HOUR_MS;
  const logger = { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
  const registry = new ObjectRegistry(objects);
  return cleanStore({ objects, registry, logger, now, signal, ...more }).then(() => lines);
}

const keysOf = async (objects: ObjectStore, prefix: string): Promise<string[]> =>
  (await objects.list(prefix, { limit: 10_000 })).map(({ key }) => key);

it('removes uploads that are a day old, and nothing else', async () => {
  const objects = memoryObjectStore();
  // More than one page of them.
  for (let i = 0; i < 1100; i++) await objects.put(`uploads/${i}.zip`, Uint8Array.of(1));
  await objects.put('data-sets/a.zip', Uint8Array.of(1));
  expect(await clean(objects, 23)).toEqual([]);
  expect(await keysOf(objects, 'uploads/')).toHaveLength(1100);
  expect(await clean(objects, 25)).toEqual([
    { level: 'info', message: 'removed old uploads', fields: { removed: 1100 } },
  ]);
  expect(await keysOf(objects, 'uploads/')).toEqual([]);
  expect(await keysOf(objects, 'data-sets/')).toEqual(['data-sets/a.zip']);
});

describe('uploaded data sets', () => {
  const path = (digit: string): string => `data-sets/${digit.repeat(64)}.zip`;
  const DAY_MS = 24 * HOUR_MS;
  let jobs: Jobs;
  beforeAll(async () => {
    jobs = await openJobs({ database: { memory: true } });
  });
  afterAll(() => jobs.close());
  const create = async (digit: string): Promise<string> => {
    const request = jobRequestSchema.parse({ name: 'wood', dataSet: { path: path(digit) } });
    return (await jobs.create(request)).job.id;
  };

  it('are removed a while after they came and the last job on them has ended, and never while one waits', async () => {
    const objects = memoryObjectStore();
    for (const digit of ['1', '2', '3']) await objects.put(path(digit), Uint8Array.of(1));
    await objects.put('data-sets/by-hand.zip', Uint8Array.of(1));
    const waiting = await create('1');
    await jobs.cancel(await create('2'));
    const after = async (hours: number, lifeMs: number): Promise<string[]> => {
      await clean(objects, hours, undefined, { jobs, dataSetLifeMs: lifeMs });
      return keysOf(objects, 'data-sets/');
    };
    const byHand = 'data-sets/by-hand.zip';
    expect(await after(0, DAY_MS)).toEqual([path('1'), path('2'), path('3'), byHand]);
    // The job on 2 has ended just now, by the clock of the database.
    expect(await after(25, DAY_MS)).toEqual([path('1'), path('2'), byHand]);
    await jobs.cancel(waiting);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const again = await create('1');
    expect(await after(1, 10)).toEqual([path('1'), byHand]);
    await jobs.cancel(again);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await after(1, 10)).toEqual([byHand]);
  });

  it('stay for as long as the settings of a detector that was trained on them say', async () => {
    const objects = memoryObjectStore();
    const registry = new ObjectRegistry(objects);
    const version = await registry.stage('wood', memoryBundle(await makeBundle({ name: 'wood' })));
    await registry.publish('wood', version, { alias: 'latest' });
    await registry.saveSettings({ name: 'wood', keepImageDays: 30 });
    for (const digit of ['5', '6']) await objects.put(path(digit), Uint8Array.of(1));
    await jobs.cancel(await create('6'));
    const trained = await create('5');
    const worker = await jobs.work({ handle: async () => ({ name: 'wood', version, metrics: null }) });
    await expect.poll(async () => (await jobs.get(trained)).status, { timeout: 20_000 }).toBe('succeeded');
    await worker.stop();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const options = { jobs, dataSetLifeMs: 10 };
    await clean(objects, 1, undefined, options);
    expect(await keysOf(objects, 'data-sets/')).toEqual([path('5')]);
    await registry.saveSettings({ name: 'wood' });
    await clean(objects, 1, undefined, options);
    expect(await keysOf(objects, 'data-sets/')).toEqual([]);
  });

  it('that were sent again meanwhile stay', async () => {
    const objects = memoryObjectStore();
    await objects.put(path('4'), Uint8Array.of(1));
    const seen = await objects.list('data-sets/', { limit: 9 });
    const stale: ObjectStore = {
      ...objects,
      list: async (prefix) =>
        prefix === 'data-sets/'
          ? seen.map((each) => ({ ...each, modifiedAt: each.modifiedAt - 9 * DAY_MS }))
          : [],
    };
    await clean(stale, 0, undefined, { jobs, dataSetLifeMs: 8 * DAY_MS });
    expect(await keysOf(objects, 'data-sets/')).toEqual([path('4')]);
  });
});

it('sweeps files of bundles that were brought in and never published', async () => {
  const objects = memoryObjectStore();
  const registry = new ObjectRegistry(objects);
  const version = await registry.stage('wood', memoryBundle(await makeBundle({ name: 'wood' })));
  await registry.publish('wood', version, { alias: 'latest' });
  const published = await keysOf(objects, 'files/');
  await registry.stage('wood', memoryBundle(await makeBundle({ name: 'wood', seed: 1 })));
  expect((await keysOf(objects, 'files/')).length).toBeGreaterThan(published.length);
  await clean(old(objects), 0);
  expect(await keysOf(objects, 'files/')).toEqual(published);
});

it('logs what it cannot do, and does the rest', async () => {
  const objects: ObjectStore = {
    ...memoryObjectStore(),
    list: () => Promise.reject(new Error('the store is away')),
  };
  const swept: number[] = [];
  const warned: string[] = [];
  const silent = (): void => {};
  await cleanStore({
    objects,
    registry: {
      sweep: async ({ olderThanMs }) => swept.push(olderThanMs),
      sweepImages: async () => 0,
      settings: async (name) => ({ name, revision: 0 }),
    },
    logger: { debug: silent, info: silent, error: silent, warn: (_, message) => void warned.push(message) },
    now: Date.now,
    signal: new AbortController().signal,
  });
  expect(warned).toEqual(['cannot remove old uploads']);
  expect(swept).toEqual([7 * 24 * HOUR_MS]);
});

it('begins nothing when the service has ended', async () => {
  const objects = memoryObjectStore();
  await objects.put('uploads/a.zip', Uint8Array.of(1));
  expect(await clean(objects, 25, AbortSignal.abort())).toEqual([]);
  expect(await keysOf(objects, 'uploads/')).toEqual(['uploads/a.zip']);
});

/** The same objects, eight days older. */
function old(objects: ObjectStore): ObjectStore {
  const aged = <T extends { modifiedAt: number }>(object: T): T => ({
    ...object,
    modifiedAt: object.modifiedAt - 8 * 24 * HOUR_MS,
  });
  return { ...objects, list: async (prefix, page) => (await objects.list(prefix, page)).map(aged) };
}
