import { setTimeout } from 'node:timers/promises';
import {
  DataSetError,
  type DataSetReport,
  type JobRequest,
  jobEventSchema,
  jobSchema,
  TrainingError,
} from '@cflow/spec';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { JobLease, JobOutcome, Jobs, JobWorker, WorkOptions } from '../jobs.js';
import { JobInterrupted } from '../jobs-error.js';
import { jobWith } from './eventually.js';
import { request, version } from './request.js';

const REPORT: DataSetReport = {
  name: 'wood',
  layout: 'mvtec',
  good: { train: 8, validation: 0, test: 0 },
  bad: { test: 0, elsewhere: 0, kinds: 0, masks: 0 },
  unlabelled: 0,
  groups: [],
  skipped: [{ reason: 'system', count: 1, names: ['Thumbs.db'] }],
  sizes: null,
  formats: [],
  examined: 0,
  findings: [],
};
const DONE: JobOutcome = { name: 'wood', version: version('a'), metrics: null };

/** Resolves when the lease's signal aborts, with its reason. */
function aborted(lease: JobLease): Promise<unknown> {
  return new Promise((resolve) => {
    lease.signal.addEventListener('abort', () => resolve(lease.signal.reason), { once: true });
  });
}

async function untilAborted(lease: JobLease): Promise<never> {
  throw await aborted(lease);
}

/** What every kind of database has to do. `create` opens one with leases of 2 s and a retry delay of 0.1 s. */
export function describeJobs({ name, create }: { name: string; create: () => Promise<Jobs> }): void {
  describe(name, () => {
    let jobs: Jobs;
    const workers: JobWorker[] = [];

    beforeAll(async () => {
      jobs = await create();
      await jobs.ping();
    });
    afterEach(async () => {
      await Promise.all(workers.splice(0).map((worker) => worker.stop()));
      for (const { id } of (await jobs.list({ limit: 200, status: 'queued' })).jobs) await jobs.cancel(id);
    });
    afterAll(() => jobs?.close());

    async function work(handle: WorkOptions['handle'], concurrency = 1): Promise<JobWorker> {
      const worker = await jobs.work({ handle, concurrency });
      workers.push(worker);
      return worker;
    }

    async function made(changes: Parameters<typeof request>[0] = {}): Promise<string> {
      return (await jobs.create(request(changes))).job.id;
    }

    it('keeps a job as it was asked for', async () => {
      const wanted = request({ epochs: 3, webhook: { url: 'https://example.org/\u00e9?a=1' } });
      const { job, created } = await jobs.create(wanted);
      expect(created).toBe(true);
      expect(jobSchema.parse(job)).toEqual(job);
      expect(job).toMatchObject({ status: 'queued', attempt: 0, startedAt: null, request: wanted });
      expect(await jobs.get(job.id)).toEqual(job);
    });

    it('refuses what is not a request, no key, no cursor', async () => {
      await expect(jobs.create({ name: '../x' } as JobRequest)).rejects.toMatchObject({
        code: 'configuration',
      });
      const unknown = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`${i}`.padEnd(5000, 'k'), 0]));
      const wrong = { name: '../x', epochs: -1, precision: 'x', alias: '', seed: {}, maxAttempts: 1e9 };
      for (const bad of [
        { ...wrong, ...unknown },
        { ...wrong, fields: unknown },
        { ...wrong, preset: 7 },
      ]) {
        const { message } = (await jobs.create(bad as never).catch((error: unknown) => error)) as Error;
        expect(message).toMatch(/^not a request for a training job: /);
        expect(message.length).toBeLessThan(4096);
      }
      for (const idempotencyKey of ['', 'x'.repeat(256), 'a\0b']) {
        await expect(jobs.create(request(), { idempotencyKey })).rejects.toMatchObject({
          code: 'configuration',
        });
      }
      await expect(jobs.list({ limit: 1, after: 'nonsense' })).rejects.toMatchObject({
        code: 'configuration',
      });
    });

    it('knows no job that is not there', async () => {
      for (const id of ['00000000-0000-4000-8000-000000000000', 'x', "' or true --"]) {
        await expect(jobs.get(id)).rejects.toMatchObject({ code: 'not-found' });
        await expect(jobs.cancel(id)).rejects.toMatchObject({ code: 'not-found' });
        await expect(jobs.events(id, { after: 0, limit: 1 })).rejects.toMatchObject({ code: 'not-found' });
      }
    });

    it('makes one job of a key, whoever comes at the same time', async () => {
      const options = { idempotencyKey: 'key-1', owner: 'ann' };
      const all = await Promise.all(Array.from({ length: 8 }, () => jobs.create(request(), options)));
      expect(new Set(all.map(({ job }) => job.id)).size).toBe(1);
      expect(all.filter(({ created }) => created)).toHaveLength(1);
      await expect(jobs.create(request({ epochs: 1 }), options)).rejects.toMatchObject({
        code: 'idempotency-mismatch',
      });
      const other = await jobs.create(request({ epochs: 1 }), { ...options, owner: 'bob' });
      expect(other.created).toBe(true);
    });

    it('lists the newest first, page by page', async () => {
      const ids: string[] = [];
      for (let i = 0; i < 5; i++) ids.unshift(await made());
      const seen: string[] = [];
      let after: string | undefined;
      do {
        const page = await jobs.list({ limit: 2, after, status: 'queued' } as Parameters<Jobs['list']>[0]);
        seen.push(...page.jobs.map(({ id }) => id));
        after = page.next ?? undefined;
        // What comes while one reads does not move the pages.
        if (seen.length === 2) await made();
      } while (after);
      expect(seen).toEqual(ids);
      expect((await jobs.list({ limit: 200, status: 'failed' })).jobs.map(({ id }) => id)).not.toContain(
        ids[0],
      );
    });

    it('runs a job and tells what happens to it', async () => {
      const id = await made();
      await work(async (lease) => {
        expect(lease.job).toMatchObject({ id, status: 'running', attempt: 1 });
        await lease.progress({ fraction: 0.2, phase: 'fetching' });
        // All but the first of these come within a second and are not worth an event each.
        for (let i = 0; i < 200; i++) await lease.progress({ fraction: 0.2 + i / 1000, phase: 'training' });
        await lease.event('training', { type: 'data-set', report: REPORT });
        await lease.event('training', { type: 'checkpoint', layer: 'layer1', epoch: 1 });
        await lease.event('log', { level: 'info', message: 'a\0b \ud800 "quoted" \u{1f600}' });
        expect(await lease.claimVersion(version('a'))).toBe(version('a'));
        expect(lease.claimedVersion).toBe(version('a'));
        return DONE;
      });
      const job = await jobWith(jobs, id, 'succeeded');
      expect(job).toMatchObject({ result: DONE, error: null, progress: { fraction: 1, phase: 'done' } });
      expect(jobSchema.parse(job).dataSet).toEqual(REPORT);
      const events = await jobs.events(id, { after: 0, limit: 100 });
      for (const event of events) jobEventSchema.parse(event);
      expect(events.map((event) => event.id)).toEqual(events.map((_, i) => i + 1));
      const statuses = events.flatMap((event) => (event.type === 'status' ? [event.data.status] : []));
      expect(statuses).toEqual(['queued', 'running', 'succeeded']);
      expect(events.at(-1)?.data).toEqual(job);
      expect(events.filter(({ type }) => type === 'progress').length).toBeLessThan(10);
      expect(events.filter(({ type }) => type === 'training').map(({ data }) => data)).toEqual([
        { type: 'data-set', report: REPORT },
        { type: 'checkpoint', layer: 'layer1', epoch: 1 },
      ]);
      const said = events.flatMap((event) => (event.type === 'log' ? [event.data.message] : []));
      expect(said[0]).toMatch(/^a\0b .* "quoted" \u{1f600}$/u);
      expect(await jobs.events(id, { after: 2, limit: 2 })).toEqual(events.slice(2, 4));
    });

    it('runs as many at a time as it may', async () => {
      const ids = [await made(), await made(), await made()];
      let now = 0;
      let most = 0;
      await work(async () => {
        most = Math.max(most, ++now);
        await setTimeout(100);
        now--;
        return DONE;
      }, 2);
      for (const id of ids) await jobWith(jobs, id, 'succeeded');
      expect(most).toBe(2);
    });

    it('cancels a job that waits', async () => {
      const id = await made();
      expect(await jobs.cancel(id)).toMatchObject({ status: 'cancelled', cancelRequested: true });
      await expect(jobs.cancel(id)).rejects.toMatchObject({ code: 'conflict' });
      const next = await made();
      const handled: string[] = [];
      await work(async ({ job }) => {
        handled.push(job.id);
        return DONE;
      });
      await jobWith(jobs, next, 'succeeded');
      expect(handled).toEqual([next]);
    });

    it('cancels a job that runs, when its handler has stopped', async () => {
      const id = await made();
      let reason: unknown;
      let stop = (): void => {};
      const stopped = new Promise<void>((resolve) => {
        stop = resolve;
      });
      await work(async (lease) => {
        reason = await aborted(lease);
        await stopped;
        throw reason;
      });
      await jobWith(jobs, id, 'running');
      expect(await jobs.cancel(id)).toMatchObject({ status: 'running', cancelRequested: true });
      await vi.waitFor(() => expect(reason).toBeInstanceOf(JobInterrupted), 10_000);
      expect((reason as JobInterrupted).interruption).toBe('cancelled');
      expect((await jobs.get(id)).status).toBe('running');
      stop();
      expect(await jobWith(jobs, id, 'cancelled')).toMatchObject({ error: null, result: null });
      await expect(jobs.cancel(id)).rejects.toMatchObject({ code: 'conflict' });
    });

    it('tries again after errors that may pass, with the version that was claimed first', async () => {
      const id = await made({ maxAttempts: 3 });
      const claims: string[] = [];
      await work(async (lease) => {
        claims.push(await lease.claimVersion(version(String(lease.attempt))));
        if (lease.attempt < 3) throw new TrainingError('out of memory', { retryable: true });
        return { ...DONE, version: claims[0] ?? '' };
      });
      const job = await jobWith(jobs, id, 'succeeded');
      expect(job).toMatchObject({ attempt: 3, result: { version: version('1') } });
      expect(claims).toEqual([version('1'), version('1'), version('1')]);
    });

    it('fails after as many attempts as are allowed', async () => {
      const id = await made({ maxAttempts: 2 });
      await work(async () => {
        throw new TrainingError('out of memory', { retryable: true });
      });
      const job = await jobWith(jobs, id, 'failed');
      expect(job).toMatchObject({ attempt: 2, error: { code: 'training', message: 'out of memory' } });
      expect(job.finishedAt).not.toBeNull();
    });

    it('fails at once after other errors, and tells of them what is safe', async () => {
      const id = await made();
      const unknown = await made();
      const wrong = await made();
      await work(async ({ job }) => {
        if (job.id === id) throw new DataSetError('no images in "/var/lib/cflow/data/good"');
        if (job.id === unknown) throw new Error('connect postgres://user:secret@host/');
        return { ...DONE, version: 'nonsense' };
      });
      expect(await jobWith(jobs, id, 'failed')).toMatchObject({
        attempt: 1,
        error: { code: 'data-set', message: 'no images in "good"' },
      });
      const { error } = await jobWith(jobs, unknown, 'failed');
      expect(error?.code).toBe('internal');
      expect(error?.message).not.toContain('secret');
      expect(await jobWith(jobs, wrong, 'failed')).toMatchObject({ error: { code: 'internal' } });
    });

    it('does not end with another version than the claimed one', async () => {
      const id = await made();
      await work(async (lease) => {
        await lease.claimVersion(version('b'));
        return DONE;
      });
      expect(await jobWith(jobs, id, 'failed')).toMatchObject({ error: { code: 'internal' }, result: null });
    });

    it('gives a job back when the worker is stopped, without counting the attempt', async () => {
      const id = await made({ maxAttempts: 1 });
      const reasons: unknown[] = [];
      const worker = await work(async (lease) => {
        reasons.push(await aborted(lease));
        throw lease.signal.reason;
      });
      await jobWith(jobs, id, 'running');
      await worker.stop();
      expect(reasons).toMatchObject([{ interruption: 'stopped' }]);
      expect(await jobs.get(id)).toMatchObject({ status: 'queued', attempt: 1 });
      await work(async () => DONE);
      expect(await jobWith(jobs, id, 'succeeded')).toMatchObject({ attempt: 2 });
    });

    it('lets a job end in the time that a stop grants', async () => {
      const id = await made();
      const worker = await work(async () => {
        await setTimeout(300);
        return DONE;
      });
      await jobWith(jobs, id, 'running');
      await worker.stop({ graceMs: 10_000 });
      expect(await jobs.get(id)).toMatchObject({ status: 'succeeded', attempt: 1 });
    });

    it('takes nothing from a handler whose attempt is over', async () => {
      const id = await made();
      let first: JobLease | undefined;
      await work(async (lease) => {
        first ??= lease;
        return lease.attempt === 1 ? untilAborted(lease) : DONE;
      });
      await jobWith(jobs, id, 'running');
      await workers.splice(0)[0]?.stop();
      await work(async () => DONE);
      await jobWith(jobs, id, 'succeeded');
      const before = await jobs.events(id, { after: 0, limit: 100 });
      const late = first as JobLease;
      for (const write of [
        () => late.progress({ fraction: 0.9, phase: 'publishing' }),
        () => late.event('log', { level: 'info', message: 'late' }),
        () => late.claimVersion(version('f')),
      ]) {
        await expect(write()).rejects.toMatchObject({ code: 'conflict' });
      }
      expect(await jobs.events(id, { after: 0, limit: 100 })).toEqual(before);
      expect(await jobs.get(id)).toMatchObject({ status: 'succeeded', result: DONE });
    });
  });
}
