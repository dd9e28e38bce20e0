import type { Job, JobStatus } from '@cflow/spec';
import { vi } from 'vitest';
import type { Jobs } from '../jobs.js';

/** The job as soon as it has the status. */
export async function jobWith(jobs: Jobs, id: string, status: JobStatus, timeout = 20_000): Promise<Job> {
  return vi.waitFor(
    async () => {
      const job = await jobs.get(id);
      if (job.status !== status) throw new Error(`job ${id} is ${JSON.stringify(job)}, not ${status}`);
      return job;
    },
    { timeout, interval: 50 },
  );
}
