import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { zipFolder } from '../testing/make-zip.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { openTestPlace } from '../testing/test-place.js';
import { woodImages } from '../testing/wood-images.js';

const root = temporaryFolder();
const WHEN = '2026-01-02T08:00:00.000Z';

it('trains with what people marked, compares with the version before, and proposes what to do', async () => {
  const images = await woodImages(join(root, 'images'), 24);
  const archive = join(root, 'wood.zip');
  await zipFolder(images, archive, 'wood/');
  const place = openTestPlace(join(root, 'place'));
  await place.addDataSet(archive);
  const worker = await place.work();
  try {
    const first = await place.ended((await place.create({ epochs: 1 })).id);
    const version = first.result?.version as string;
    const folder = join(images, 'train/good');
    const [picture = ''] = await readdir(folder);
    const bytes = await readFile(join(folder, picture));
    const mark = async (prediction: string, label: 'good' | 'bad' | 'unsure', image: Uint8Array) => {
      const named = { name: 'wood', version, prediction };
      const outlines: [number, number][][] = [
        [
          [8, 8],
          [40, 8],
          [40, 40],
        ],
      ];
      await place.registry.addFeedback({
        ...named,
        score: 1,
        label,
        ...(label === 'bad' && { regions: { width: 128, height: 128, outlines } }),
        predictedAt: WHEN,
        createdAt: WHEN,
      });
      await place.registry.keepImage(named, image, { images: 100, bytes: 1e9 });
    };
    for (let i = 0; i < 8; i++) await mark(`good ${i}`, 'good', bytes);
    for (let i = 0; i < 2; i++) await mark(`bad ${i}`, 'bad', bytes);
    await mark('unsure', 'unsure', bytes);
    await mark('broken', 'good', bytes.subarray(0, 60));
    const { id } = await place.create({ epochs: 1, alias: 'candidate', retrain: { version } });
    const job = await place.ended(id);
    expect(job).toMatchObject({ status: 'succeeded' });
    const { comparison } = job;
    expect(comparison).toMatchObject({ bad: 2, heldOut: false, old: { version }, new: { version: null } });
    expect(comparison?.good).toBeGreaterThan(0);
    expect(comparison?.marked).toBe(2 + (comparison?.good ?? 0));
    expect(['promote', 'keep', 'weigh']).toContain(comparison?.proposal);
    expect(await place.registry.resolve('wood', 'candidate')).toBe(job.result?.version);
    expect(await place.registry.resolve('wood', 'latest')).toBe(version);
    const trained = 24 + 8 - (comparison?.good ?? 0);
    expect(job.dataSet).toMatchObject({ good: { train: trained }, bad: { test: 2, masks: 2 } });
    const events = await place.jobs.events(id, { after: 0, limit: 1000 });
    const log = events.flatMap((event) => (event.type === 'log' ? [event.data.message] : [])).join('\n');
    expect(log).toMatch(/image of a marked part cannot be read/);
    expect(log).toMatch(/10 marked images take part/);
    expect(await place.jobs.trained('wood', job.result?.version as string)).toMatchObject({ id });
    expect(JSON.stringify(events)).not.toContain(root);
    expect(await readdir(place.workFolder)).toEqual([]);
  } finally {
    await worker.stop();
  }
});

it('holds good images out where nothing is there to test on', async () => {
  const images = await woodImages(join(root, 'more'), 24);
  const archive = join(root, 'more.zip');
  await zipFolder(images, archive, 'wood/');
  const place = openTestPlace(join(root, 'held-out'));
  await place.addDataSet(archive);
  const worker = await place.work();
  try {
    const first = await place.ended((await place.create({ epochs: 1 })).id);
    const version = first.result?.version as string;
    const { id } = await place.create({ epochs: 2, alias: null, retrain: { version } });
    const { comparison } = await place.ended(id);
    expect(comparison).toMatchObject({ good: 6, bad: 0, marked: 0, heldOut: true });
  } finally {
    await worker.stop();
  }
});
