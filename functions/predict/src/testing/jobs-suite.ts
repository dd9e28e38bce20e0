import { gzipSync } from 'node:zlib';
import type { Jobs } from '@cflow/jobs';
import {
  DataSetError,
  type DataSetReport,
  type Job,
  jobSchema,
  type StoredDataSet,
  type StoredDataSetPage,
} from '@cflow/spec';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { jobEventStream } from '../app/job-event-stream.js';
import { stalled, streamed } from './predict-suite.js';
import { jsonBody, type TestService } from './test-service.js';

const NOBODY = '0b7f7c0e-2f6b-4a53-9a0e-6d0b0f0e7c11';
/** As much of an archive as the service looks at. */
const ZIP = new Uint8Array([0x50, 0x4b, 3, 4, ...new TextEncoder().encode('the rest of an archive')]);
const REPORT: DataSetReport = {
  name: 'parts',
  layout: 'folder',
  good: { train: 2, validation: 0, test: 0 },
  bad: { test: 0, elsewhere: 0, kinds: 0, masks: 0 },
  unlabelled: 0,
  groups: [{ from: 'good', split: 'train', label: 'good', images: 2, masks: 0 }],
  skipped: [],
  sizes: { smallest: [8, 8], largest: [8, 8], distinct: 1, aspects: [1, 1] },
  formats: [{ format: 'PNG', color: 'color', bits: 8, images: 2 }],
  examined: 2,
  findings: [],
};
const zip = (body: NonNullable<RequestInit['body']> = ZIP): RequestInit => ({
  method: 'POST',
  body,
  headers: { 'content-type': 'application/zip' },
});

function form(job: unknown, dataSet: Uint8Array<ArrayBuffer> = ZIP): RequestInit {
  const data = new FormData();
  data.append('job', typeof job === 'string' ? job : JSON.stringify(job));
  data.append('dataSet', new Blob([dataSet]), 'images.zip');
  return { method: 'POST', body: data };
}

async function textOf(stream: AsyncIterable<Uint8Array>, until: (text: string) => boolean): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true });
    if (until(text)) break;
  }
  return text;
}

const idsOf = (text: string): number[] => [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));

export function jobsSuite(get: () => TestService): void {
  // Its database takes seconds to start, on a busy machine longer than a request may.
  beforeAll(() => get().parts.jobs?.ping());
  const create = async (init: RequestInit): Promise<Job> => {
    const response = await get().app().request('/v1/jobs', init);
    const body = await response.json();
    expect(response.status, JSON.stringify(body)).toBe(202);
    const job = jobSchema.parse(body);
    expect(response.headers.get('location')).toBe(`/v1/jobs/${job.id}`);
    return job;
  };
  const status = async (path: string, init?: RequestInit, app = get().app()): Promise<number> =>
    (await app.request(path, init)).status;
  const request = { name: 'wood', dataSet: { path: 'data-sets/wood.zip' } };

  describe('data sets', () => {
    it('are kept under their hash, so that the same one is kept once', async () => {
      const { parts } = get();
      const first = await get().app().request('/v1/data-sets', zip());
      expect(first.status).toBe(201);
      const upload = (await first.json()) as { path: string; sha256: string; bytes: number };
      expect(upload).toEqual({
        path: `data-sets/${upload.sha256}.zip`,
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        bytes: ZIP.length,
      });
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', ZIP));
      expect(upload.sha256).toBe(Buffer.from(digest).toString('hex'));
      const bytes = { 'content-type': 'application/octet-stream', 'content-encoding': 'gzip' };
      const init = { method: 'POST', headers: bytes, body: new Uint8Array(gzipSync(ZIP)) };
      expect(await (await get().app().request('/v1/data-sets', init)).json()).toEqual(upload);
      const again = await get().app().request('/v1/data-sets', zip());
      expect(await again.json()).toEqual(upload);
      const stored = await parts.objects?.get(upload.path);
      expect(new Uint8Array(await new Response(stored?.body).arrayBuffer())).toEqual(ZIP);
      expect(await parts.objects?.list('uploads/', { limit: 10 })).toEqual([]);
    });

    it('are refused when they are none, too large, or never end, and nothing of them stays', async () => {
      const { app, parts } = get();
      const path = '/v1/data-sets';
      expect(await status(path, zip('PK'))).toBe(422);
      expect(await status(path, zip('<html>'))).toBe(422);
      expect(await status(path, zip(new Uint8Array(0)))).toBe(422);
      expect(await status(path, { method: 'POST', body: ZIP })).toBe(415);
      const small = app({ limits: { ...parts.limits, uploadBytes: 10, bodyTimeoutMs: 30 } });
      expect(await status(path, zip(), small)).toBe(413);
      expect(await status(path, streamed(stalled('PK\u0003\u0004'), 'application/zip'), small)).toBe(408);
      expect(await parts.objects?.list('uploads/', { limit: 10 })).toEqual([]);
    });
  });

  describe('data sets that are kept', () => {
    const DAY_MS = 86_400_000;
    const upload = async (bytes: number): Promise<string> => {
      const body = new Uint8Array([...ZIP, bytes]);
      return ((await (await get().app().request('/v1/data-sets', zip(body))).json()) as { path: string })
        .path;
    };
    const read = async (path: string) =>
      (await (await get().app({ dataSetLifeMs: DAY_MS }).request(`/v1/${path}`)).json()) as StoredDataSet;

    it('are listed and read, with what jobs do with them', async () => {
      const paths = (await Promise.all([1, 2, 3].map(upload))).sort();
      const app = get().app();
      const seen: string[] = [];
      for (let next: string | null = ''; next !== null; ) {
        const query: string = next === '' ? '' : `&after=${next}`;
        const page = (await (await app.request(`/v1/data-sets?limit=1${query}`)).json()) as StoredDataSetPage;
        seen.push(...page.dataSets.map(({ path }) => path));
        ({ next } = page);
      }
      expect(seen).toEqual([...seen].sort());
      expect(seen).toEqual(expect.arrayContaining(paths));
      expect(await status('/v1/data-sets?after=../secret')).toBe(400);
      expect(await status('/v1/data-sets/..%2Fsecret')).toBe(400);

      const [path = ''] = paths;
      const fresh = await read(path);
      expect(fresh).toMatchObject({ path, bytes: ZIP.length + 1, inUse: false, lastUsedAt: null });
      expect(Date.parse(fresh.expiresAt as string) - Date.parse(fresh.uploadedAt)).toBe(DAY_MS);
      const { id } = await create(jsonBody({ name: 'wood', dataSet: { path } }));
      expect(await read(path)).toMatchObject({ inUse: true, lastUsedAt: null, expiresAt: null });
      const { finishedAt } = await (get().parts.jobs as Jobs).cancel(id);
      const used = await read(path);
      expect(used).toMatchObject({ inUse: false, lastUsedAt: finishedAt });
      expect(Date.parse(used.expiresAt as string)).toBe(Date.parse(finishedAt as string) + DAY_MS);
    });

    it('are looked at one at a time, where jobs are done, and what was understood is told', async () => {
      const path = await upload(5);
      const ask = { method: 'POST' };
      // Here nobody does jobs.
      expect(await status(`/v1/${path}/inspect`, ask)).toBe(404);
      let tell: (report: DataSetReport) => void = () => {};
      let refuse: (error: unknown) => void = () => {};
      const asked: string[] = [];
      const inspectDataSet = (looked: string): Promise<DataSetReport> => {
        asked.push(looked);
        return new Promise((resolve, reject) => {
          tell = resolve;
          refuse = reject;
        });
      };
      const service = get().app({ inspectDataSet });
      expect(await status('/v1/data-sets/none.zip/inspect', ask, service)).toBe(404);
      const first = service.request(`/v1/${path}/inspect`, ask);
      await vi.waitFor(() => expect(asked).toEqual([path]));
      const second = await service.request(`/v1/${path}/inspect`, ask);
      expect([second.status, second.headers.get('retry-after')]).toEqual([429, '5']);
      tell(REPORT);
      expect(await (await first).json()).toEqual(REPORT);
      const wrong = service.request(`/v1/${path}/inspect`, ask);
      await vi.waitFor(() => expect(asked).toHaveLength(2));
      refuse(new DataSetError('there is no image in it'));
      expect((await wrong).status).toBe(422);
    });

    it('are deleted, but not while a job waits or runs on them', async () => {
      const path = await upload(4);
      const { id } = await create(jsonBody({ name: 'wood', dataSet: { path } }));
      const remove = { method: 'DELETE' };
      expect(await status(`/v1/${path}`, remove)).toBe(409);
      expect(await status(`/v1/${path}`)).toBe(200);
      await get().parts.jobs?.cancel(id);
      expect(await status(`/v1/${path}`, remove)).toBe(204);
      expect(await get().parts.objects?.head(path)).toBeUndefined();
      expect(await status(`/v1/${path}`)).toBe(404);
      expect(await status(`/v1/${path}`, remove)).toBe(404);
      expect(await status('/v1/data-sets/A', remove)).toBe(400);
    });
  });

  describe('addresses of jobs', () => {
    it('are shown without their secrets, and to those who cannot train only by their hosts', async () => {
      const { app, apiKeys, keyOf } = get();
      const service = app({ keys: apiKeys });
      const as = (scope: string, headers = {}) => ({
        headers: { authorization: `Bearer ${keyOf(scope)}`, ...headers },
      });
      const job = {
        name: 'wood',
        dataSet: { url: 'https://user:hidden@sets.example/shown.zip?signature=hidden' },
        webhook: { url: 'https://hooks.example/shown?token=hidden' },
      };
      const made = await service.request('/v1/jobs', {
        ...jsonBody(job),
        headers: { 'content-type': 'application/json', ...as('train').headers },
      });
      const { id } = (await made.clone().json()) as Job;
      const reads = [`/v1/jobs/${id}`, '/v1/jobs?limit=5', `/v1/jobs/${id}/events`];
      const texts = async (scope: string): Promise<string[]> =>
        Promise.all(
          reads.map(async (path) =>
            (await service.request(path, as(scope, { accept: 'application/json' }))).text(),
          ),
        );
      const trainers = [await made.text(), ...(await texts('train')), ...(await texts('admin'))];
      for (const text of trainers) {
        expect(text).toContain('https://sets.example/shown.zip"');
        expect(text).toContain('https://hooks.example/shown"');
        expect(text).not.toContain('hidden');
      }
      for (const text of await texts('read')) {
        expect(text).toContain('https://hooks.example/"');
        expect(text).not.toMatch(/hidden|shown/);
      }
      const stream = (await service.request(`/v1/jobs/${id}/events`, as('read'))).body;
      const events = await textOf(stream as unknown as AsyncIterable<Uint8Array>, (text) =>
        text.includes('data:'),
      );
      expect(events).toContain('https://hooks.example/"');
      expect(events).not.toMatch(/hidden|shown/);
      // Who works on it has all of it.
      expect((await get().parts.jobs?.get(id))?.request).toMatchObject(job);
      const cancelled = await service.request(`/v1/jobs/${id}/cancel`, { method: 'POST', ...as('train') });
      expect(await cancelled.text()).not.toContain('hidden');
    });
  });

  describe('jobs', () => {
    it('are made once for each idempotency key', async () => {
      const init = jsonBody(request, { 'idempotency-key': 'key-1' });
      const job = await create(init);
      expect(job).toMatchObject({
        status: 'queued',
        request: { name: 'wood', preset: 'memory', alias: 'latest' },
      });
      expect((await create(init)).id).toBe(job.id);
      expect((await create(jsonBody(request))).id).not.toBe(job.id);
      const other = await get()
        .app()
        .request('/v1/jobs', jsonBody({ ...request, name: 'steel' }, { 'idempotency-key': 'key-1' }));
      expect([other.status, await other.json()]).toMatchObject([422, { code: 'idempotency-mismatch' }]);
    });

    it('are made with their data set in the same request, also when it is sent again', async () => {
      const init = (): RequestInit => {
        const { body, ...rest } = form({ name: 'wood', epochs: 2 });
        return { ...rest, body: body as FormData, headers: { 'idempotency-key': 'key-2' } };
      };
      const job = await create(init());
      expect(job.request).toMatchObject({
        epochs: 2,
        dataSet: { path: expect.stringMatching(/^data-sets\/[0-9a-f]{64}\.zip$/) },
      });
      expect((await create(init())).id).toBe(job.id);
    });

    it.each([
      ['no JSON', jsonBody('{'), 400],
      ['an unknown member', jsonBody({ ...request, epoch: 1 }), 400],
      ['a name that is none', jsonBody({ ...request, name: '../x' }), 400],
      [
        'a path outside of data sets',
        jsonBody({ ...request, dataSet: { path: 'data-sets/../secret' } }),
        400,
      ],
      ['a webhook that is not an address', jsonBody({ ...request, webhook: { url: 'javascript:1' } }), 400],
      ['an idempotency key with spaces', jsonBody(request, { 'idempotency-key': 'a b' }), 400],
      ['a form whose job is not JSON', form('{'), 400],
      ['a form whose job names a data set', form(request), 400],
      ['a form whose data set is not an archive', form({ name: 'wood' }, new Uint8Array(9)), 422],
      [
        'a form that ends early',
        { method: 'POST', body: '--b\r\n', headers: { 'content-type': 'multipart/form-data; boundary=b' } },
        400,
      ],
      ['another type', { method: 'POST', body: 'x', headers: { 'content-type': 'text/plain' } }, 415],
      ['too much JSON', jsonBody({ ...request, note: 'x'.repeat(2 ** 20) }), 413],
    ] as [string, RequestInit, number][])('are refused with %s', async (_, init, expected) => {
      expect(await status('/v1/jobs', init)).toBe(expected);
    });

    it('say where the data set goes that came under another name, or not at all', async () => {
      const app = get().app();
      const detail = async (init: RequestInit): Promise<string> =>
        ((await (await app.request('/v1/jobs', init)).json()) as { detail: string }).detail;
      const named = (name: string): RequestInit => {
        const data = new FormData();
        data.append(name, new Blob([ZIP]), 'images.zip');
        return { method: 'POST', body: data };
      };
      expect(await detail(named('file'))).toBe(
        'there is no field "file"; the settings go in "job", as JSON, and the ZIP archive in "dataSet"',
      );
      expect(await detail(named('dataSet'))).toBe('job: expected a field of this name');
      expect(await detail(jsonBody({ name: 'wood' }))).toMatch(
        /dataSet: expected \{"path": "data-sets\/<name>"\}.*"url"/,
      );
    });

    it('are refused when the body does not arrive', async () => {
      const { app, parts } = get();
      const service = app({ limits: { ...parts.limits, bodyTimeoutMs: 30 } });
      expect(await status('/v1/jobs', streamed(stalled('{'), 'application/json'), service)).toBe(408);
    });

    it('are listed, read and cancelled', async () => {
      const app = get().app();
      const { id } = await create(jsonBody(request));
      const page = (await (await app.request('/v1/jobs?limit=1')).json()) as { jobs: Job[]; next: string };
      expect(page.jobs.map((job) => job.id)).toEqual([id]);
      expect(await status(`/v1/jobs?after=${encodeURIComponent(page.next)}&status=queued`)).toBe(200);
      expect(await status('/v1/jobs?status=lost')).toBe(400);
      expect((await app.request(`/v1/jobs/${id}`)).status).toBe(200);
      const cancelled = await app.request(`/v1/jobs/${id}/cancel`, { method: 'POST' });
      expect(await cancelled.json()).toMatchObject({ id, status: 'cancelled' });
      expect(await status(`/v1/jobs/${id}/cancel`, { method: 'POST' })).toBe(409);
      for (const path of ['', '/events', '/logs'])
        expect(await status(`/v1/jobs/${NOBODY}${path}`)).toBe(404);
      expect(await status(`/v1/jobs/${NOBODY}/cancel`, { method: 'POST' })).toBe(404);
      expect(await status('/v1/jobs/1')).toBe(400);
    });

    it('take no place of those who watch when only the head is asked for', async () => {
      const app = get().app();
      const { id } = await create(jsonBody(request));
      const path = `/v1/jobs/${id}/events`;
      for (let i = 0; i < 100; i++) expect(await status(path, { method: 'HEAD' }, app)).toBe(200);
      const watching = await app.request(path);
      expect(watching.status).toBe(200);
      await watching.body?.cancel();
    });

    it('are watched to their end, from anywhere, and logged', async () => {
      const { parts, versions } = get();
      const app = get().app();
      const jobs = parts.jobs as Jobs;
      for (const { id } of (await jobs.list({ limit: 200, status: 'queued' })).jobs) await jobs.cancel(id);
      const { id } = await create(jsonBody({ ...request, alias: null }));
      const path = `/v1/jobs/${id}/events`;
      const watching = await app.request(path);
      expect(watching.headers.get('content-type')).toBe('text/event-stream');
      const worker = await jobs.work({
        async handle(lease) {
          await lease.progress({ fraction: 0.5, phase: 'training' });
          await lease.event('log', { level: 'info', message: 'half of it' });
          const version = await lease.claimVersion(versions.latest);
          return { name: 'wood', version, metrics: null };
        },
      });
      const text = await textOf(watching.body as unknown as AsyncIterable<Uint8Array>, () => false);
      await worker.stop();
      const ids = idsOf(text);
      expect(ids).toEqual([...ids].sort((a, b) => a - b));
      expect(text).toMatch(/^event: log$/m);
      const last = text.trim().split('\n').at(-1) as string;
      expect(JSON.parse(last.replace('data: ', ''))).toMatchObject({
        type: 'status',
        data: { status: 'succeeded' },
      });
      const from = async (headers: Record<string, string>, query = '') =>
        textOf(
          (await app.request(path + query, { headers })).body as unknown as AsyncIterable<Uint8Array>,
          () => false,
        );
      expect(idsOf(await from({ 'last-event-id': String(ids[0]) }))).toEqual(ids.slice(1));
      expect(idsOf(await from({ 'last-event-id': String(ids[1]) }, `?after=${ids[0]}`))).toEqual(
        ids.slice(2),
      );
      expect(await status(path, { headers: { 'last-event-id': String(ids.at(-1)) } })).toBe(204);
      expect(await status(path, { headers: { 'last-event-id': 'x' } })).toBe(400);
      const polled = await app.request(`${path}?after=${ids[0]}`, {
        headers: { accept: 'application/json' },
      });
      const list = (await polled.json()) as { events: { id: number }[]; done: boolean };
      expect([list.events.map((event) => event.id), list.done]).toEqual([ids.slice(1), true]);
      const logs = await app.request(`/v1/jobs/${id}/logs`);
      expect(logs.headers.get('content-type')).toMatch(/^text\/plain/);
      expect(await logs.text()).toMatch(/^\S+Z info half of it$/m);
    });

    it('keep a silent stream alive, and end it when the service does', async () => {
      const jobs = get().parts.jobs as Jobs;
      const { id } = await create(jsonBody(request));
      let draining = false;
      const stream = jobEventStream(jobs, id, {
        after: 0,
        signal: new AbortController().signal,
        draining: () => draining,
        pollMs: 5,
        heartbeatMs: 10,
      });
      expect(await textOf(stream, (text) => text.includes('\n: still here'))).toMatch(
        /^retry: \d+\n\nid: 1\n/,
      );
      const ending = jobEventStream(jobs, id, {
        after: 0,
        signal: new AbortController().signal,
        draining: () => draining,
        pollMs: 5,
        heartbeatMs: 10,
      });
      await ending.next();
      draining = true;
      await ending.next();
      expect((await ending.next()).done).toBe(true);
      await jobs.cancel(id);
    });

    it('have so many streams of a caller at a time; those that are left make room', async () => {
      const { apiKeys, keyOf } = get();
      const jobs = get().parts.jobs as Jobs;
      let looks = 0;
      const app = get().app({
        keys: apiKeys,
        jobs: {
          ...jobs,
          get(id) {
            looks++;
            return jobs.get(id);
          },
        },
      });
      const { id } = await create(jsonBody(request));
      const watch = (scope: string, of = id): Response | Promise<Response> =>
        app.request(`/v1/jobs/${of}/events`, { headers: { 'x-api-key': keyOf(scope) } });
      // What is no stream in the end holds no place.
      for (let i = 0; i < 30; i++) expect((await watch('read', NOBODY)).status).toBe(404);
      looks = 0;
      const streams: Response[] = [];
      for (let i = 0; i < 25; i++) streams.push(await watch('read'));
      expect(streams.every(({ status }) => status === 200)).toBe(true);
      const refused = await watch('read');
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '5']);
      // Nothing is looked up for who is refused: that is what asking for hundreds would cost all others.
      expect(looks).toBe(25);
      // One key keeps nobody else out.
      streams.push(await watch('train'));
      expect(streams.at(-1)?.status).toBe(200);
      for (const { body } of streams) await body?.cancel();
      const admitted = await watch('read');
      expect(admitted.status).toBe(200);
      await admitted.body?.cancel();
      await get().parts.jobs?.cancel(id);
    });

    it('are not found where no training is offered, with the reason', async () => {
      const none = get().app({ jobs: undefined, objects: undefined });
      const asked: [string, RequestInit?][] = [
        ['/v1/data-sets', zip()],
        ['/v1/data-sets'],
        ['/v1/data-sets/a.zip'],
        ['/v1/data-sets/a.zip', { method: 'DELETE' }],
        ['/v1/data-sets/a.zip/inspect', { method: 'POST' }],
        ['/v1/jobs', jsonBody(request)],
        ['/v1/jobs'],
        [`/v1/jobs/${NOBODY}`],
        [`/v1/jobs/${NOBODY}/cancel`, { method: 'POST' }],
        [`/v1/jobs/${NOBODY}/events`],
        [`/v1/jobs/${NOBODY}/logs`],
      ];
      for (const [path, init] of asked) {
        const response = await none.request(path, init);
        expect([path, response.status]).toEqual([path, 404]);
        expect(await response.json()).toMatchObject({ detail: expect.stringMatching(/offers no training/) });
      }
    });
  });
}
