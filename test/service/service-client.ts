import type { Job, JobRequestInput, VersionPage } from '@cflow/spec';
import { expect } from 'vitest';

/** A job that takes seconds: 64 x 64 pixels, two coupling blocks, the backbone that comes along. */
export function quickJob(path: string, options: Partial<JobRequestInput> = {}): JobRequestInput {
  return {
    name: 'wood',
    dataSet: { path },
    validationFraction: 0.25,
    ...options,
    configuration: {
      backbone: 'embedded',
      inputSize: [64, 64],
      couplingBlocks: 2,
      conditionVector: 16,
      fiberBatchSize: 64,
      ...options.configuration,
    },
  };
}

/** Uploads a data set; its path in the store. */
export async function uploadDataSet(url: string, archive: Uint8Array): Promise<string> {
  const answer = await fetch(`${url}/v1/data-sets`, {
    method: 'POST',
    headers: { 'content-type': 'application/zip' },
    body: Buffer.from(archive),
  });
  expect(answer.status).toBe(201);
  return ((await answer.json()) as { path: string }).path;
}

export async function createJob(url: string, request: JobRequestInput, key?: string): Promise<Job> {
  const answer = await fetch(`${url}/v1/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key !== undefined && { 'idempotency-key': key }) },
    body: JSON.stringify(request),
  });
  const body = await answer.json();
  expect({ status: answer.status, body }).toMatchObject({ status: 202 });
  return body as Job;
}

export async function readJob(url: string, id: string): Promise<Job> {
  const answer = await fetch(`${url}/v1/jobs/${id}`);
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Job;
}

/** Asks until the job is as wanted, or has ended otherwise. */
export async function untilJob(url: string, id: string, wanted: (job: Job) => boolean): Promise<Job> {
  for (;;) {
    const job = await readJob(url, id);
    if (wanted(job)) return job;
    if (job.finishedAt !== null) throw new Error(`the job ended as ${JSON.stringify(job)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export async function versionsOf(url: string, name: string): Promise<string[]> {
  const answer = await fetch(`${url}/v1/detectors/${name}/versions`);
  if (answer.status === 404) return [];
  return ((await answer.json()) as VersionPage).versions.map(({ version }) => version);
}

export function predict(url: string, detector: string, image: Uint8Array): Promise<Response> {
  return fetch(`${url}/v1/detectors/${detector}/predict`, {
    method: 'POST',
    headers: { 'content-type': 'image/png' },
    body: Buffer.from(image),
  });
}
