import { setTimeout } from 'node:timers/promises';
import type { Job } from '@cflow/spec';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type RunningScript, startScript } from '../../../test/support/start-script.js';
import { EVENTS_KEPT } from './job-events.js';
import type { JobLease, JobOutcome, Jobs } from './jobs.js';
import { openJobs } from './open-jobs.js';
import { jobWith } from './testing/eventually.js';
import { findPostgres, type PostgresServer, startPostgresServer } from './testing/postgres-server.js';
import { request, version } from './testing/request.js';

const installed = (await findPostgres()) !== undefined;
const DONE: JobOutcome = { name: 'wood', version: version('a'), metrics: null };

describe.skipIf(!installed)(installed ? 'faults' : 'skipped: PostgreSQL is not installed here', () => {
  let server: PostgresServer;
  let url: string;
  let jobs: Jobs;
  const scripts: RunningScript[] = [];

  beforeAll(async () => {
    server = await startPostgresServer();
  });
  afterAll(() => server?.close());
  afterEach(async () => {
    for (const { child } of scripts.splice(0)) child.kill('SIGKILL');
    await jobs.close();
  });

  async function open(leaseSeconds: number): Promise<void> {
    url = await server.createDatabase();
    jobs = await openJobs({ database: { url }, leaseSeconds, retryDelaySeconds: 0.1 });
    await jobs.ping();
  }

  async function startWorker(options: { leaseSeconds: number; concurrency: number; holdMs: number }) {
    const script = startScript(new URL('testing/work.ts', import.meta.url), [
      JSON.stringify({ database: { url }, ...options }),
    ]);
    scripts.push(script);
    await script.printed('ready');
    return script;
  }

  async function sql(text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query(text, values)).rows;
    } finally {
      await client.end();
    }
  }

  it('a worker that is killed loses its job to another, after the lease', async () => {
    await open(2);
    const script = await startWorker({ leaseSeconds: 2, concurrency: 1, holdMs: 600_000 });
    const { job } = await jobs.create(request({ maxAttempts: 2 }));
    await script.printed(`begin ${job.id} 1`);
    const attempts: number[] = [];
    await jobs.work({
      async handle({ attempt }) {
        attempts.push(attempt);
        return DONE;
      },
    });
    // As long as it lives and renews its lease, it keeps the job.
    await setTimeout(4_000);
    expect(attempts).toEqual([]);
    script.child.kill('SIGKILL');
    expect(await jobWith(jobs, job.id, 'succeeded')).toMatchObject({ attempt: 2 });
    expect(attempts).toEqual([2]);
  });

  it('a worker that was asleep for longer than its lease cannot write, and hears of it', async () => {
    await open(2);
    const script = await startWorker({ leaseSeconds: 2, concurrency: 1, holdMs: 600_000 });
    const { job } = await jobs.create(request());
    await script.printed(`begin ${job.id} 1`);
    script.child.kill('SIGSTOP');
    let second: JobLease | undefined;
    let finish = (): void => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    await jobs.work({
      async handle(lease) {
        second = lease;
        await finished;
        return { ...DONE, version: await lease.claimVersion(version('b')) };
      },
    });
    await vi.waitFor(() => expect(second?.attempt).toBe(2), 10_000);
    script.child.kill('SIGCONT');
    await script.printed(`aborted ${job.id} 1 lease-lost`);
    finish();
    expect(await jobWith(jobs, job.id, 'succeeded')).toMatchObject({
      attempt: 2,
      result: { version: version('b') },
    });
    expect(second?.signal.aborted).toBe(false);
  });

  it('two workers run 20 jobs, each once', async () => {
    await open(10);
    const workers = [
      await startWorker({ leaseSeconds: 10, concurrency: 2, holdMs: 400 }),
      await startWorker({ leaseSeconds: 10, concurrency: 2, holdMs: 400 }),
    ];
    const made = await Promise.all(Array.from({ length: 20 }, () => jobs.create(request())));
    for (const { job } of made) {
      expect(await jobWith(jobs, job.id, 'succeeded')).toMatchObject({ attempt: 1 });
    }
    for (const { child } of workers) child.kill('SIGKILL');
    const begun = (await Promise.all(workers.map(({ ended }) => ended))).map(
      ({ stdout }) => stdout.match(/^begin \S+/gm) ?? [],
    );
    expect(begun.flat().sort()).toEqual(made.map(({ job }) => `begin ${job.id}`).sort());
    expect(begun.every((one) => one.length > 0)).toBe(true);
  });

  it('PostgreSQL killed under load: what was accepted is done, once', async () => {
    await open(20);
    const running = await startWorker({ leaseSeconds: 20, concurrency: 2, holdMs: 7_000 });
    const long = [(await jobs.create(request())).job, (await jobs.create(request())).job];
    for (const { id } of long) await running.printed(`begin ${id} 1`);
    const quick = await startWorker({ leaseSeconds: 20, concurrency: 2, holdMs: 20 });

    const accepted: Job[] = [...long];
    const refused: unknown[] = [];
    let load = true;
    const clients = Array.from({ length: 4 }, async (_, client) => {
      for (let i = 0; load; i++) {
        const idempotencyKey = `${client}-${i}`;
        // A client that was told to try again does so.
        for (;;) {
          try {
            accepted.push((await jobs.create(request(), { idempotencyKey })).job);
            break;
          } catch (error) {
            refused.push(error);
            await setTimeout(300);
          }
        }
        await setTimeout(100);
      }
    });
    await setTimeout(1_000);
    await server.kill();
    await setTimeout(4_000);
    expect(refused.length).toBeGreaterThan(0);
    await server.start();
    await setTimeout(1_500);
    load = false;
    await Promise.all(clients);

    for (const error of refused) expect(error).toMatchObject({ code: 'unavailable', retryable: true });
    expect(new Set(accepted.map(({ id }) => id)).size).toBe(accepted.length);
    for (const { id } of accepted) await jobWith(jobs, id, 'succeeded', 30_000);
    // Those that ran all the while went on, and nothing was made that nobody was told of.
    for (const { id } of long) expect(await jobs.get(id)).toMatchObject({ attempt: 1 });
    expect(await sql('select count(*)::int as jobs from cflow.jobs')).toEqual([{ jobs: accepted.length }]);
    expect(
      await sql(
        `select job from cflow.job_events where type = 'status' and data ->> 'status' = 'succeeded'
          group by job having count(*) <> 1`,
      ),
    ).toEqual([]);
    expect(quick.child.exitCode).toBeNull();
  });

  it('a database that is away: calls reject and may be made again, a worker waits', async () => {
    await open(5);
    await server.kill();
    const later = await openJobs({ database: { url }, leaseSeconds: 5 });
    const worker = await later.work({ handle: async () => DONE });
    for (const call of [
      () => jobs.ping(),
      () => jobs.list({ limit: 1 }),
      () => jobs.create(request()),
      () => later.ping(),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'unavailable', retryable: true });
    }
    await server.start();
    const { job } = await vi.waitFor(() => jobs.create(request()), 10_000);
    await jobWith(jobs, job.id, 'succeeded');
    await worker.stop();
    await later.close();
    await expect(later.ping()).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('a clock that jumps changes nothing', async () => {
    await open(2);
    const { job } = await jobs.create(request());
    const real = Date.now();
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      let aborted = false;
      await jobs.work({
        async handle(lease) {
          for (const jump of [86_400_000, -86_400_000, 10 * 365 * 86_400_000]) {
            vi.setSystemTime(real + jump);
            await lease.progress({ fraction: 0.5, phase: 'training' });
            await setTimeout(1_500);
          }
          aborted = lease.signal.aborted;
          return DONE;
        },
      });
      const done = await jobWith(jobs, job.id, 'succeeded');
      expect(done.attempt).toBe(1);
      expect(aborted).toBe(false);
      expect(Math.abs(Date.parse(done.finishedAt ?? '') - real)).toBeLessThan(60_000);
    } finally {
      vi.useRealTimers();
    }
  });

  it('the clock of the database, set forward or back, takes no job from who renews it, and each from who is dead', async () => {
    await open(3);
    const script = await startWorker({ leaseSeconds: 3, concurrency: 1, holdMs: 600_000 });
    const { job } = await jobs.create(request({ maxAttempts: 2 }));
    await script.printed(`begin ${job.id} 1`);
    // To the database's clock the same as being set by an hour.
    const set = (hours: number) =>
      sql(`update cflow.jobs set lease_until = lease_until - make_interval(hours => $1)`, [hours]);
    for (let i = 0; i < 12; i++) {
      await set(1);
      await setTimeout(250);
    }
    expect(await jobs.get(job.id)).toMatchObject({ status: 'running', attempt: 1 });
    script.child.kill('SIGKILL');
    await script.ended;
    await set(-1);
    await jobs.work({ handle: async () => DONE });
    expect(await jobWith(jobs, job.id, 'succeeded')).toMatchObject({ attempt: 2 });
  });

  it('an attempt that takes too long ends the job', async () => {
    await open(3);
    const { job } = await jobs.create(request({ timeoutSeconds: 10, maxAttempts: 5 }));
    await jobs.work({
      handle: (lease) =>
        new Promise((_, reject) => lease.signal.addEventListener('abort', () => reject(lease.signal.reason))),
    });
    const ended = await jobWith(jobs, job.id, 'failed', 30_000);
    expect(ended).toMatchObject({ attempt: 1, error: { code: 'timeout' } });
  });

  it('a job that was taken without an answer, or lost its place in the queue, comes again', async () => {
    await open(2);
    const forgotten = (await jobs.create(request())).job;
    await sql('delete from cflow_queue.job');
    await sql(`update cflow.jobs set queued_at = now() - interval '2 minutes'`);
    await vi.waitFor(async () => expect(await sql('select from cflow_queue.job')).toHaveLength(1), 10_000);

    const begun: string[] = [];
    await jobs.work({
      async handle(lease) {
        begun.push(lease.job.id);
        // As if this worker had taken another job, and the answer to its "commit" had been lost.
        if (begun.length === 1) {
          const stray = (await jobs.create(request({ maxAttempts: 1 }))).job;
          await sql('delete from cflow_queue.job where id = $1', [stray.id]);
          await sql(
            `update cflow.jobs set (status, attempt, worker, lease_until) =
              (select 'running', 1, worker, lease_until from cflow.jobs where id = $2) where id = $1`,
            [stray.id, lease.job.id],
          );
          await vi.waitFor(async () => expect((await jobs.get(stray.id)).status).toBe('queued'), 10_000);
        }
        return DONE;
      },
    });
    await jobWith(jobs, forgotten.id, 'succeeded');
    const { jobs: all } = await jobs.list({ limit: 10 });
    await jobWith(jobs, all[0]?.id ?? '', 'succeeded');
    expect(begun).toHaveLength(2);
  });

  it('keeps a bounded number of events, and a key for a day', async () => {
    await open(5);
    const options = { idempotencyKey: 'once' };
    const { job } = await jobs.create(request(), options);
    await sql(
      `insert into cflow.job_events (job, id, type, data)
        select $1, n, 'log', '{}' from generate_series(2, $2::int) n`,
      [job.id, EVENTS_KEPT + 98],
    );
    await sql('update cflow.jobs set last_event = $1', [EVENTS_KEPT + 98]);
    await jobs.work({
      async handle(lease) {
        for (let i = 0; i < 3; i++) await lease.event('log', { level: 'info', message: `${i}` });
        await expect(lease.event('training', { text: 'x'.repeat(100_000) })).rejects.toMatchObject({
          code: 'configuration',
        });
        await lease.event('log', { level: 'info', message: 'x'.repeat(100_000) });
        return DONE;
      },
    });
    await jobWith(jobs, job.id, 'succeeded');
    const [count] = await sql('select count(*)::int as events, min(id) as first from cflow.job_events');
    expect(count?.events).toBeLessThan(EVENTS_KEPT + 10);
    expect((await jobs.events(job.id, { after: 0, limit: 1 }))[0]).toMatchObject({ id: 1, type: 'status' });

    expect(await jobs.create(request(), options)).toMatchObject({ created: false, job: { id: job.id } });
    await sql(`update cflow.jobs set created_at = now() - interval '25 hours'`);
    expect((await jobs.create(request({ epochs: 2 }), options)).created).toBe(true);
  });

  it('many processes make the tables at once', async () => {
    await open(5);
    const fresh = await server.createDatabase();
    const all = await Promise.all(
      Array.from({ length: 6 }, () => openJobs({ database: { url: fresh }, leaseSeconds: 5 })),
    );
    await Promise.all(all.map((one) => one.ping()));
    await Promise.all(all.map((one) => one.create(request())));
    expect((await all[0]?.list({ limit: 10 }))?.jobs).toHaveLength(6);
    await Promise.all(all.map((one) => one.close()));
  });
});
