import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startScript } from '../../../test/support/start-script.js';
import { lockFolder } from './database/folder-lock.js';
import { openPglite } from './database/pglite.js';
import { openJobs } from './open-jobs.js';
import { describeJobs } from './testing/describe-jobs.js';
import { jobWith } from './testing/eventually.js';
import { request, version } from './testing/request.js';

describeJobs({
  name: 'PGlite in memory',
  create: () => openJobs({ database: { memory: true }, leaseSeconds: 2, retryDelaySeconds: 0.1 }),
});

it('lets a program that has nothing else to do see it closed', async () => {
  const { ended } = startScript(new URL('testing/open-and-close.ts', import.meta.url), []);
  expect(await ended).toMatchObject({ code: 0, stdout: 'closed\n' });
});

describe('PGlite in a folder', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cflow-jobs-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('is open in one process at a time, and a job survives when that is killed', async () => {
    const database = { folder };
    const before = await openJobs({ database });
    const { job } = await before.create(request());
    await before.close();

    const script = startScript(new URL('testing/work.ts', import.meta.url), [
      JSON.stringify({ database, leaseSeconds: 30, concurrency: 1, holdMs: 600_000 }),
    ]);
    await script.printed(`begin ${job.id} 1`);
    await expect(openJobs({ database })).rejects.toMatchObject({
      code: 'store',
      message: expect.stringMatching(/another process.*DATABASE_URL/),
      details: { owner: { pid: script.child.pid, host: hostname(), since: expect.stringMatching(/Z$/) } },
    });
    script.child.kill('SIGKILL');
    await script.ended;

    const after = await openJobs({ database, retryDelaySeconds: 0 });
    expect(await after.get(job.id)).toMatchObject({ id: job.id, request: job.request });
    // Its lease of 30 s has not run out, but nobody else can have the folder.
    await after.work({ handle: async () => ({ name: 'wood', version: version('c'), metrics: null }) });
    expect(await jobWith(after, job.id, 'succeeded')).toMatchObject({ attempt: 2 });
    await after.close();
  }, 120_000);

  it('begins with the files of an empty database that come with the package', async () => {
    const identifiers = await Promise.all(
      ['one', 'two'].map(async (name) => {
        const database = await openPglite(join(folder, name));
        const [row] = await database.query<{ id: string }>(
          'select system_identifier::text as id from pg_control_system()',
        );
        await database.close();
        return row?.id;
      }),
    );
    // One that is made anew has an identifier of its own.
    expect(identifiers[0]).toMatch(/^\d+$/);
    expect(identifiers[1]).toBe(identifiers[0]);
  }, 120_000);

  it('survives a kill while its files are made', async () => {
    const database = { folder: join(folder, 'new') };
    const script = startScript(new URL('testing/work.ts', import.meta.url), [
      JSON.stringify({ database, leaseSeconds: 30, concurrency: 1, holdMs: 0 }),
    ]);
    await vi.waitFor(() => readdir(join(database.folder, 'postgres.new', 'base')), 60_000);
    script.child.kill('SIGKILL');
    expect((await script.ended).stdout).not.toContain('ready');
    const jobs = await openJobs({ database });
    await jobs.create(request());
    await jobs.close();
  }, 120_000);

  it('is left to an owner on another machine for as long as its note is young', async () => {
    const place = join(folder, 'shared');
    await (await lockFolder(place)).release();
    const note = join(place, 'owner.json');
    const owner = { pid: 1, host: 'other', system: 'another', since: '2026-01-01T00:00:00.000Z' };
    await writeFile(note, JSON.stringify(owner));
    await expect(lockFolder(place)).rejects.toMatchObject({ details: { reason: 'in-use', owner } });
    // Whatever the clock of this machine says.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 });
    try {
      await expect(lockFolder(place)).rejects.toMatchObject({ details: { owner } });
    } finally {
      vi.useRealTimers();
    }
    const old = Date.now() / 1000 - 60;
    await utimes(note, old, old);
    const lock = await lockFolder(place);
    expect(JSON.parse(await readFile(note, 'utf8'))).toMatchObject({ pid: process.pid });
    await lock.release();
    expect((await readdir(place)).filter((name) => !name.startsWith('lock-'))).toEqual([]);
    // One of this machine that was killed leaves a note, too; its socket says that it is gone.
    const system = await systemOf(place);
    await writeFile(note, JSON.stringify({ ...owner, system }));
    await (await lockFolder(place)).release();
  });

  it('is locked by one of many that try at once, again and again', async () => {
    const place = join(folder, 'a'.repeat(90), 'lock');
    for (let round = 0; round < 5; round++) {
      const tries = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(place)));
      const held = tries.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      expect(held).toHaveLength(1);
      for (const one of tries) {
        if (one.status === 'rejected')
          expect(one.reason).toMatchObject({ code: 'store', details: { reason: 'in-use' } });
      }
      await Promise.all(held.map((lock) => lock.release()));
      await (await lockFolder(place)).release();
    }
  });
});

/** What a lock of this machine writes down of it. */
async function systemOf(place: string): Promise<string> {
  const lock = await lockFolder(place);
  const { system } = JSON.parse(await readFile(join(place, 'owner.json'), 'utf8')) as { system: string };
  await lock.release();
  return system;
}
