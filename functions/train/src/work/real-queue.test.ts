// The worker with the queue that it has in earnest, inside this process.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Jobs, openJobs } from '@cflow/jobs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { zipFolder } from '../testing/make-zip.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { openTestPlace, type TestPlace } from '../testing/test-place.js';
import { tinyJob } from '../testing/tiny-job.js';
import { woodImages } from '../testing/wood-images.js';

const root = temporaryFolder();
let jobs: Jobs;
let place: TestPlace;
beforeAll(async () => {
  const archive = join(root, 'wood.zip');
  await zipFolder(await woodImages(join(root, 'images'), 24), archive);
  place = openTestPlace(join(root, 'place'));
  await place.addDataSet(archive);
  jobs = await openJobs({ database: { memory: true }, retryDelaySeconds: 0 });
});
afterAll(() => jobs.close());

async function ended(id: string) {
  for (;;) {
    const job = await jobs.get(id);
    if (job.finishedAt !== null) return job;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

it('goes on with a job whose training process was killed, and ends one that is cancelled', async () => {
  const pids: number[] = [];
  const worker = await place.work({ jobs, onTrainingProcess: (pid) => pids.push(pid) });
  try {
    const { job } = await jobs.create(tinyJob({ epochs: 4 }));
    await expect.poll(() => pids.length, { timeout: 30_000 }).toBe(1);
    process.kill(pids[0]!, 'SIGKILL');
    const done = await ended(job.id);
    expect(done).toMatchObject({ status: 'succeeded', attempt: 2, progress: { phase: 'done', fraction: 1 } });
    expect(await place.versions()).toEqual([done.result?.version]);

    const { id } = (await jobs.create(tinyJob({ epochs: 5000 }))).job;
    await expect.poll(() => pids.length, { timeout: 30_000 }).toBe(3);
    await jobs.cancel(id);
    expect(await ended(id)).toMatchObject({ status: 'cancelled', result: null });
  } finally {
    await worker.stop();
  }
  expect(await place.versions()).toHaveLength(1);
  expect(await readdir(place.workFolder)).toEqual([]);
});
