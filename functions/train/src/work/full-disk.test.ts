import { execFile } from 'node:child_process';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { zipFolder } from '../testing/make-zip.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { openTestPlace } from '../testing/test-place.js';
import { woodImages } from '../testing/wood-images.js';

const root = temporaryFolder();
const disk = join(root, 'disk');
const run = promisify(execFile);
let unavailable: string | undefined;

beforeAll(async () => {
  await mkdir(disk);
  await run('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]).catch((error: Error) => {
    unavailable = error.message.trim();
  });
});
afterAll(async () => {
  if (unavailable === undefined) await run('umount', [disk]);
});

it('a work folder that is full fails the attempt, and the next one ends the job', async () => {
  if (unavailable !== undefined) {
    console.warn(`not tested, since no small file system can be made here: ${unavailable}`);
    return;
  }
  const place = openTestPlace(join(root, 'place'));
  const archive = join(root, 'wood.zip');
  await zipFolder(await woodImages(join(root, 'images'), 24), archive);
  await place.addDataSet(archive);
  const { id } = await place.create({ epochs: 1, maxAttempts: 10 });
  const worker = await place.work({ workFolder: disk });
  try {
    await place.until(id, ({ attempt }) => attempt === 2);
    await run('mount', ['-o', 'remount,size=1g', disk]);
    const job = await place.ended(id);
    expect(job).toMatchObject({ status: 'succeeded' });
    expect(job.attempt).toBeGreaterThan(1);
  } finally {
    await worker.stop();
  }
  expect(await readdir(disk)).toEqual([]);
});
