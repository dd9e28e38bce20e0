// Two services on one folder: both score; the jobs are with one of them, and with the other when that has gone.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type ServiceProcess, startServiceProcess } from './service-process.js';

let folder: string;
const running: ServiceProcess[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cflow-two-'));
});
afterAll(async () => {
  await Promise.all(running.map((each) => each.kill('SIGKILL')));
  await rm(folder, { recursive: true, force: true });
});

const start = async (): Promise<ServiceProcess> => {
  const service = await startServiceProcess(['--store', join(folder, 'store'), '--request-timeout', '300']);
  running.push(service);
  await service.ready();
  return service;
};
const create = ({ url }: ServiceProcess): Promise<Response> =>
  fetch(`${url}/v1/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'wood', dataSet: { path: 'data-sets/none.zip' } }),
  });

it('says who has the jobs, serves all else, and has them when the other was killed', async () => {
  const first = await start();
  const made = await create(first);
  expect(made.status).toBe(202);
  const { id } = (await made.json()) as { id: string };

  const second = await start();
  await vi.waitFor(() => expect(second.log()).toMatch(/no job database yet/), { timeout: 30_000 });
  expect(second.log()).toContain(`process ${first.child.pid}`);
  for (const path of ['/v1/jobs', `/v1/jobs/${id}`, `/v1/jobs/${id}/events`]) {
    const answer = await fetch(second.url + path);
    expect([path, answer.status, answer.headers.get('retry-after')]).toEqual([path, 503, '5']);
    const { code, detail } = (await answer.json()) as { code: string; detail: string };
    expect(code).toBe('unavailable');
    expect(detail).toContain(`process ${first.child.pid} on`);
    expect(detail).toContain('DATABASE_URL');
    expect(detail).not.toContain(folder);
  }
  expect((await create(second)).status).toBe(503);
  for (const path of ['/livez', '/readyz', '/v1/detectors']) {
    expect([path, (await fetch(second.url + path)).status]).toEqual([path, 200]);
  }

  await first.kill('SIGKILL');
  await vi.waitFor(() => expect(second.log()).toMatch(/the other process has gone/), { timeout: 60_000 });
  const job = await fetch(`${second.url}/v1/jobs/${id}`);
  expect([job.status, await job.json()]).toMatchObject([200, { id }]);
  expect(await second.kill()).toEqual({ code: 0, signal: null });
}, 180_000);
