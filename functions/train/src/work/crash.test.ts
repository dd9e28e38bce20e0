// A worker that dies, between any two steps, and the one after it.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { type RunningScript, startScript } from '../../../../test/support/start-script.js';
import { zipFolder } from '../testing/make-zip.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { openTestPlace, type TestPlace } from '../testing/test-place.js';
import { woodImages } from '../testing/wood-images.js';

const root = temporaryFolder();
const script = new URL('../testing/worker.ts', import.meta.url);
let archive: string;
beforeAll(async () => {
  archive = join(root, 'wood.zip');
  await zipFolder(await woodImages(join(root, 'images'), 24), archive);
});

async function placeWithJob(name: string, epochs: number) {
  const place = openTestPlace(join(root, name));
  await place.addDataSet(archive);
  return { place, id: (await place.create({ epochs })).id, folder: join(root, name) };
}

async function finish(place: TestPlace, id: string) {
  const worker = await place.work();
  try {
    return await place.ended(id);
  } finally {
    await worker.stop();
  }
}

it.each([
  ['stage', 'before'],
  ['stage', 'after'],
  ['publish', 'before'],
  ['publish', 'after'],
  ['version', 'after'],
])('that dies at %s, %s it, leaves a job that ends with one version', async (where, when) => {
  const { place, id, folder } = await placeWithJob(`${where}-${when}`, 1);
  const { ended } = startScript(script, [folder, where, when]);
  expect((await ended).code).toBeNull();
  expect(await place.jobs.get(id)).toMatchObject({ status: 'running', attempt: 1 });
  const visible = await place.versions().catch(() => []);
  expect(visible).toHaveLength(where === 'version' || `${where} ${when}` === 'publish after' ? 1 : 0);
  const job = await finish(place, id);
  expect(job).toMatchObject({ status: 'succeeded', attempt: 2 });
  expect(await place.versions()).toEqual([job.result?.version]);
  if (visible.length > 0) expect(visible).toEqual([job.result?.version]);
  expect(await place.registry.resolve('wood', 'latest')).toBe(job.result?.version);
  expect(await readdir(place.workFolder)).toEqual([]);
});

it('by kill -9 in the midst of training leaves a checkpoint that gives the same bits, and no process', async () => {
  const reference = await placeWithJob('whole', 4);
  const expected = await finish(reference.place, reference.id);
  const { place, id, folder } = await placeWithJob('killed', 4);
  const running = startScript(script, [folder]);
  const pid = await trainingProcess(running);
  while (!(await place.objects.head(`jobs/${id}/checkpoint/manifest.json`))) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  running.child.kill('SIGKILL');
  expect((await running.ended).code).toBeNull();
  expect((await place.jobs.get(id)).status).toBe('running');
  // It notices that its parent is gone, and ends.
  await expect.poll(() => isAlive(pid), { timeout: 20_000 }).toBe(false);
  const job = await finish(place, id);
  expect(job).toMatchObject({ status: 'succeeded', attempt: 2 });
  const events = await place.jobs.events(id, { after: 0, limit: 1000 });
  const log = events.flatMap((event) => (event.type === 'log' ? [event.data.message] : []));
  expect(log).toContain('going on from a checkpoint');
  expect(await place.decoders(job.result?.version as string)).toBe(
    await reference.place.decoders(expected.result?.version as string),
  );
});

function trainingProcess({ child }: RunningScript): Promise<number> {
  return new Promise((resolve) => {
    child.stdout?.on('data', (data) => {
      const found = /training (\d+)/.exec(String(data));
      if (found) resolve(Number(found[1]));
    });
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
