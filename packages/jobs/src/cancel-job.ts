import type { Job } from '@cflow/spec';
import type { Backend } from './backend.js';
import { addStatusEvent } from './job-events.js';
import { type JobRow, jobOf } from './job-row.js';
import { JobsError } from './jobs-error.js';
import { jobRow } from './read-jobs.js';

/** Ends a queued job; asks the worker of a running one to stop. A second time changes nothing. */
export async function cancelJob({ database }: Backend, id: string): Promise<Job> {
  return database.transaction(async (sql) => {
    const row = await jobRow(sql, id, { lock: true });
    if (row.status !== 'queued' && row.status !== 'running') {
      throw new JobsError('conflict', `job ${row.id} has ${row.status} already and cannot be cancelled`, {
        details: { job: row.id, status: row.status },
      });
    }
    if (row.cancel_requested) return jobOf(row);
    // The message of a queued job stays where it is; the worker that takes it finds that there is nothing to do.
    const ended = row.status === 'queued';
    const [cancelled] = await sql.query<JobRow>(
      `update cflow.jobs set cancel_requested = true, last_event = last_event + 1,
          status = case when $2 then 'cancelled' else status end,
          finished_at = case when $2 then now() else finished_at end
        where id = $1 returning *`,
      [row.id, ended],
    );
    if (!cancelled) throw new Error(`job ${row.id} went away under a lock`);
    await addStatusEvent(sql, cancelled);
    return jobOf(cancelled);
  });
}
