import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { verifyBundle } from '@cflow/detector';
import { StorageError } from '@cflow/spec';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeZip, zipFolder } from '../testing/make-zip.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { openTestPlace, type TestPlace } from '../testing/test-place.js';
import { tinyJob } from '../testing/tiny-job.js';
import { woodImages } from '../testing/wood-images.js';
import type { TrainWorkerParts } from './worker-parts.js';

const root = temporaryFolder();
let count = 0;
let archive: string;
let whole: string;

/** A place of its own with the data set in it. */
async function newPlace(): Promise<TestPlace> {
  const place = openTestPlace(join(root, `${count++}`));
  await place.addDataSet(archive);
  return place;
}

/** Works until `run` is done. */
async function working<T>(
  place: TestPlace,
  changes: Partial<TrainWorkerParts>,
  run: () => Promise<T>,
): Promise<T> {
  const worker = await place.work(changes);
  try {
    return await run();
  } finally {
    await worker.stop();
  }
}

const LONG = { epochs: 4 };

beforeAll(async () => {
  const images = await woodImages(join(root, 'images'), 24);
  archive = join(root, 'wood.zip');
  await zipFolder(images, archive, 'wood/');
  const place = await newPlace();
  const { id } = await place.create(LONG);
  const { result } = await working(place, {}, () => place.ended(id));
  whole = await place.decoders(result?.version as string);
});

describe('a training worker', () => {
  it('ends a job with a published version, tells what happens, and leaves nothing behind', async () => {
    const place = await newPlace();
    const { id } = await place.create({ alias: 'candidate' });
    const job = await working(place, {}, () => place.ended(id));
    expect(job).toMatchObject({ status: 'succeeded', attempt: 1, progress: { fraction: 1, phase: 'done' } });
    const version = job.result?.version as string;
    expect(await place.versions()).toEqual([version]);
    expect(await place.registry.resolve('wood', 'candidate')).toBe(version);
    const { manifest } = await verifyBundle(place.registry.bundle('wood', version));
    expect(manifest).toMatchObject({ name: 'wood', provenance: { dataSet: 'wood', preset: 'fast' } });
    const events = await place.jobs.events(id, { after: 0, limit: 1000 });
    const kinds = events.flatMap((event) => (event.type === 'training' ? [event.data.type] : []));
    expect(kinds).toEqual(expect.arrayContaining(['data-set', 'start', 'epoch', 'checkpoint', 'calibrated']));
    expect(job.dataSet).toMatchObject({ name: 'wood', layout: 'mvtec', good: { train: 24 }, findings: [] });
    expect(JSON.stringify(events)).not.toContain(root);
    expect(await readdir(place.workFolder)).toEqual([]);
    const kept = await place.objects.list(`jobs/${id}/`, { limit: 10 });
    expect(kept.map(({ key }) => key)).toEqual([`jobs/${id}/settled.json`]);
  });

  it('reads a data set as it is told, and never beyond it', async () => {
    const images = join(root, 'images/wood/train/good');
    const names = (await readdir(images)).slice(0, 8);
    const files: Record<string, Uint8Array | string> = {};
    for (const name of names) {
      const bytes = await readFile(join(images, name));
      files[`cap/train/good/${name}`] = bytes;
      files[`./lid/train/good/${name}`] = bytes;
      files[`lid/shots/${name}`] = bytes;
    }
    const place = await newPlace();
    const zips = {
      'two.zip': files,
      'led-astray.zip': { ...files, 'lid/labels.csv': 'path,label\n/etc/hostname,good\n' },
    };
    for (const [name, content] of Object.entries(zips)) {
      await makeZip(join(root, name), content);
      await place.addDataSet(join(root, name), name);
    }
    const dataSet = { path: 'data-sets/two.zip' };
    const told = await place.create({ dataSet, category: 'lid', layout: 'mvtec', epochs: 1 });
    const named = await place.create({ dataSet, good: ['lid/shots'], epochs: 1 });
    const bare = await place.create({ dataSet });
    const astray = await place.create({
      dataSet: { path: 'data-sets/led-astray.zip' },
      category: 'lid',
      layout: 'csv',
    });
    const ended = await working(place, {}, () =>
      Promise.all([told, named, bare, astray].map(({ id }) => place.ended(id))),
    );
    expect(ended.map(({ status }) => status)).toEqual(['succeeded', 'succeeded', 'failed', 'failed']);
    expect(ended[0]?.dataSet).toMatchObject({ name: 'two/lid', good: { train: 8 } });
    expect(ended[1]?.dataSet).toMatchObject({ layout: 'folders', good: { train: 8 } });
    expect(ended[2]?.error?.message).toMatch(/holds 2 data sets: name one as the category \(cap, lid\)/);
    expect(ended[3]?.error).toMatchObject({ code: 'data-set' });
    expect(ended[3]?.error?.message).not.toContain(root);
  });

  it('works on several jobs at a time, with what one by one would give', async () => {
    const place = await newPlace();
    const jobs = [await place.create(LONG), await place.create(LONG)];
    const ended = await working(place, { concurrency: 2 }, () =>
      Promise.all(jobs.map(({ id }) => place.ended(id))),
    );
    for (const { result } of ended) expect(await place.decoders(result?.version as string)).toBe(whole);
  });

  it('goes on from the checkpoint when the training process is killed', async () => {
    const place = await newPlace();
    const { id } = await place.create(LONG);
    const pids: number[] = [];
    const job = await working(place, { onTrainingProcess: (pid) => pids.push(pid) }, async () => {
      await hasCheckpoint(place, id);
      process.kill(pids[0]!, 'SIGKILL');
      return place.ended(id);
    });
    expect(job).toMatchObject({ status: 'succeeded', attempt: 2 });
    expect(pids).toHaveLength(2);
    expect(await place.decoders(job.result?.version as string)).toBe(whole);
    expect(await logOf(place, id)).toContain('going on from a checkpoint');
  });

  it('gives a job back when it is stopped, and the next goes on with it', async () => {
    const place = await newPlace();
    const { id } = await place.create(LONG);
    await working(place, {}, () => hasCheckpoint(place, id));
    expect(await place.jobs.get(id)).toMatchObject({ status: 'queued', attempt: 1 });
    expect(await readdir(place.workFolder)).toEqual([]);
    const job = await working(place, {}, () => place.ended(id));
    expect(await place.decoders(job.result?.version as string)).toBe(whole);
    expect(await logOf(place, id)).toContain('going on from a checkpoint');
  });

  it('starts anew where threads differ', async () => {
    const place = await newPlace();
    const { id } = await place.create(LONG);
    await working(place, {}, () => hasCheckpoint(place, id));
    const job = await working(place, { threads: 1 }, () => place.ended(id));
    expect(job.status).toBe('succeeded');
    expect(await logOf(place, id)).toMatch(/training starts anew: .*threads: 2 before, 1 now/);
  });

  it('stops at once when a job is cancelled, and keeps nothing of it', async () => {
    const place = await newPlace();
    const { id } = await place.create({ epochs: 2000 });
    const job = await working(place, {}, async () => {
      await hasCheckpoint(place, id);
      await place.jobs.cancel(id);
      return place.ended(id);
    });
    expect(job).toMatchObject({ status: 'cancelled', result: null });
    expect(await readdir(place.workFolder)).toEqual([]);
    const kept = await place.objects.list(`jobs/${id}/`, { limit: 10 });
    expect(kept.map(({ key }) => key)).toEqual([`jobs/${id}/settled.json`]);
    await expect(place.registry.resolve('wood', 'latest')).rejects.toThrow();
  });

  it('stops when an attempt takes too long', async () => {
    const place = await newPlace();
    const request = { ...tinyJob({ epochs: 5000, maxAttempts: 1 }), timeoutSeconds: 2 };
    const { id } = (await place.jobs.create(request)).job;
    const job = await working(place, {}, () => place.ended(id));
    expect(job).toMatchObject({ status: 'failed', error: { message: 'timeout' } });
    expect(await readdir(place.workFolder)).toEqual([]);
  });

  it('does not mind a store that fails for a while', async () => {
    const place = await newPlace();
    let failures = 0;
    const objects: TrainWorkerParts['objects'] = {
      ...place.objects,
      put(key, ...rest) {
        if (!/checkpoint/.test(key) || failures >= 2) return place.objects.put(key, ...rest);
        failures++;
        return Promise.reject(new StorageError('store', 'the store is away', { retryable: true }));
      },
    };
    let stages = 0;
    const registry = new Proxy(place.registry, {
      get(target, name) {
        const value = Reflect.get(target, name) as unknown;
        if (name !== 'stage') return typeof value === 'function' ? value.bind(target) : value;
        return (...args: Parameters<typeof target.stage>) =>
          ++stages < 3
            ? Promise.reject(new StorageError('store', 'the store is away', { retryable: true }))
            : target.stage(...args);
      },
    });
    const { id } = await place.create(LONG);
    const job = await working(place, { objects, registry }, () => place.ended(id));
    expect(job).toMatchObject({ status: 'succeeded', attempt: 1 });
    expect([failures > 0, stages]).toEqual([true, 3]);
    expect(await place.decoders(job.result?.version as string)).toBe(whole);
  });

  it.each([
    [
      'a path as backbone',
      { configuration: { backbone: '../../secret.onnx' } },
      'configuration',
      /expected the name of a backbone/,
    ],
    [
      'a file as backbone',
      { configuration: { backbone: 'net.onnx' } },
      'configuration',
      /there is no backbone|no such/,
    ],
    [
      'an unknown backbone',
      { configuration: { backbone: 'vgg' } },
      'configuration',
      /there is no backbone "vgg"/,
    ],
    [
      'more blocks than a machine bears',
      { configuration: { couplingBlocks: 200 } },
      'configuration',
      /at most 64/,
    ],
    ['a layer that is not there', { configuration: { layers: ['x'] } }, 'configuration', /x/],
    ['a data set that is not there', { dataSet: { path: 'data-sets/none' } }, 'data-set', /upload it first/],
    [
      'an address',
      { dataSet: { url: 'http://127.0.0.1/x.zip' } },
      'configuration',
      /not fetched from addresses/,
    ],
    ['no images', { dataSet: { path: 'data-sets/no-images' } }, 'data-set', /no images/],
    [
      'a file that is not an archive',
      { dataSet: { path: 'data-sets/text' } },
      'data-set',
      /not a ZIP archive/,
    ],
    ['an image that is none', { dataSet: { path: 'data-sets/broken' }, strict: true }, 'image', /./],
  ])('fails once and for all with %s', async (_, request, code, message) => {
    const place = await newPlace();
    const other = join(root, `${count++}.zip`);
    await makeZip(other, { 'readme.txt': 'none' });
    await place.addDataSet(other, 'no-images');
    await makeZip(other, Object.fromEntries(['a', 'b', 'c'].map((name) => [`${name}.png`, 'no image'])));
    await place.addDataSet(other, 'broken');
    await place.objects.put('data-sets/text', new TextEncoder().encode('no archive'));
    const { id } = await place.create(request);
    const job = await working(place, {}, () => place.ended(id));
    expect(job).toMatchObject({ status: 'failed', attempt: 1, error: { code } });
    expect(job.error?.message).toMatch(message);
    expect(job.error?.message).not.toContain(root);
    expect(await readdir(place.workFolder)).toEqual([]);
  });
});

async function hasCheckpoint(place: TestPlace, id: string): Promise<void> {
  for (;;) {
    if (await place.objects.head(`jobs/${id}/checkpoint/manifest.json`)) return;
    await place.until(id, () => true);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function logOf(place: TestPlace, id: string): Promise<string> {
  const events = await place.jobs.events(id, { after: 0, limit: 1000 });
  return events.flatMap((event) => (event.type === 'log' ? [event.data.message] : [])).join('\n');
}
