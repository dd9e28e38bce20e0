import type { Job } from '@cflow/spec';
import type { Fence } from './attempts.js';
import type { Database } from './database/database.js';
import { dropOldEvents } from './job-events.js';
import { JobsError } from './jobs-error.js';

const RUNS = `where id = $1 and attempt = $2 and status = 'running'`;

export function fenced({ id, attempt }: Fence): JobsError {
  return new JobsError(
    'conflict',
    `attempt ${attempt} at job ${id} is over: its lease was lost, or the job has ended; what it wrote was not taken`,
    { details: { job: id, attempt } },
  );
}

/** Each rejects with `conflict` when the attempt is over. */
export async function writeProgress(
  database: Database,
  fence: Fence,
  progress: Job['progress'],
): Promise<void> {
  await addEvent(database, fence, 'progress', JSON.stringify(progress), ', progress = $4::json');
}

export async function writeEvent(
  database: Database,
  fence: Fence,
  type: 'training' | 'log',
  json: string,
): Promise<void> {
  await addEvent(database, fence, type, json, '');
}

/** What was understood of the data set: an event, and kept in the job for as long as it is. */
export async function writeDataSet(database: Database, fence: Fence, json: string): Promise<void> {
  await addEvent(database, fence, 'training', json, `, data_set = $4::json -> 'report'`);
}

/** How the version compares with the one before: an event, and kept in the job. */
export async function writeComparison(database: Database, fence: Fence, json: string): Promise<void> {
  await addEvent(database, fence, 'training', json, `, comparison = $4::json -> 'comparison'`);
}

/** The version that counts: `version`, or the one that was claimed before. */
export async function writeVersion(database: Database, fence: Fence, version: string): Promise<string> {
  const [row] = await database.query<{ claimed_version: string }>(
    `update cflow.jobs set claimed_version = coalesce(claimed_version, $3) ${RUNS} returning claimed_version`,
    [fence.id, fence.attempt, version],
  );
  if (!row) throw fenced(fence);
  return row.claimed_version;
}

async function addEvent(
  database: Database,
  fence: Fence,
  type: string,
  json: string,
  alsoSet: string,
): Promise<void> {
  const [event] = await database.query<{ id: number }>(
    `with job as (
        update cflow.jobs set last_event = last_event + 1${alsoSet} ${RUNS} returning id, last_event)
      insert into cflow.job_events (job, id, type, data)
        select id, last_event, $3::text, $4::json from job returning id`,
    [fence.id, fence.attempt, type, json],
  );
  if (!event) throw fenced(fence);
  await dropOldEvents(database, fence.id, event.id);
}
