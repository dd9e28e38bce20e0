import { expect, it } from 'vitest';
import { type Job, jobRequestSchema, jobSchema } from './job.js';
import { shownJob } from './shown-job.js';

const SECRET = /secret/;
const jobWith = (request: object): Job => ({
  id: '0b7f7c0e-2f6b-4a53-9a0e-6d0b0f0e7c11',
  status: 'queued',
  request: jobRequestSchema.parse({ name: 'wood', ...request }),
  createdAt: '2026-01-01T00:00:00.000Z',
  startedAt: null,
  finishedAt: null,
  attempt: 0,
  cancelRequested: false,
  progress: { fraction: 0, phase: 'waiting' },
  dataSet: null,
  comparison: null,
  result: null,
  error: null,
});

it('shows no credentials and no query of an address, and to readers its host alone', () => {
  const job = jobWith({
    dataSet: { url: 'https://user:secret@sets.example:8443/path/a.zip?X-Signature=secret#secret' },
    webhook: { url: 'http://secret@hooks.example/path/b?token=secret' },
  });
  const trainers = shownJob(job, 'trainers');
  expect(trainers.request.dataSet).toEqual({ url: 'https://sets.example:8443/path/a.zip' });
  expect(trainers.request.webhook).toEqual({ url: 'http://hooks.example/path/b' });
  const readers = shownJob(job, 'readers');
  expect(readers.request.dataSet).toEqual({ url: 'https://sets.example:8443/' });
  expect(readers.request.webhook).toEqual({ url: 'http://hooks.example/' });
  for (const shown of [trainers, readers]) {
    expect(JSON.stringify(shown)).not.toMatch(SECRET);
    expect(jobSchema.parse(shown)).toEqual(shown);
  }
  // What a worker has stays as it is.
  expect(JSON.stringify(job)).toMatch(SECRET);
});

it('leaves jobs without addresses as they are', () => {
  const job = jobWith({ dataSet: { path: 'data-sets/a.zip' } });
  expect(shownJob(job, 'readers')).toBe(job);
});
