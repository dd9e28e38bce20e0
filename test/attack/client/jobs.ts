import type { Job, JobRequestInput } from '@cflow/spec';
import type { Client } from './client.js';

/** Uploads a data set; its path in the store, or undefined where it was refused. */
export async function uploadDataSet(client: Client, archive: Uint8Array): Promise<string | undefined> {
  const { status, text } = await client.ask('/v1/data-sets', {
    body: archive,
    headers: { 'content-type': 'application/zip' },
  });
  return status === 201 ? (JSON.parse(text) as { path: string }).path : undefined;
}

/** Creates a job; its id. */
export async function createJob(client: Client, request: JobRequestInput): Promise<string> {
  const { status, text } = await client.json('/v1/jobs', request);
  if (status !== 202) throw new Error(`no job was made: ${status} ${text}`);
  return (JSON.parse(text) as Job).id;
}

export async function readJob(client: Client, id: string): Promise<Job | undefined> {
  const { status, text } = await client.ask(`/v1/jobs/${id}`);
  return status === 200 ? (JSON.parse(text) as Job) : undefined;
}

/** Waits until a job is as wanted; as it is then, or when the time is up. */
export async function untilJob(
  client: Client,
  id: string,
  ms: number,
  wanted: (job: Job) => boolean,
): Promise<Job> {
  const deadline = performance.now() + ms;
  for (;;) {
    const job = await readJob(client, id);
    if (job && (wanted(job) || performance.now() > deadline)) return job;
    if (performance.now() > deadline + 60_000) throw new Error(`job ${id} cannot be read`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

export function jobEnded(client: Client, id: string, ms: number): Promise<Job> {
  return untilJob(client, id, ms, ({ finishedAt }) => finishedAt !== null);
}
