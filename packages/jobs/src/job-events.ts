import type { JobEvent } from '@cflow/spec';
import type { Sql } from './database/database.js';
import { type JobRow, jobOf } from './job-row.js';

/** Events of a job that are kept; older ones are dropped, but never those of type `status`. */
export const EVENTS_KEPT = 10_000;
/** They are dropped in lots of this many. */
const LOT = 100;

/**
 * Stores the job as it is now. Numbers of events are given out under the lock of the job's row, so they become visible
 * in their order, and a reader who asks for what follows a number misses nothing. `row` must have just got its
 * `last_event` in this transaction.
 */
export async function addStatusEvent(sql: Sql, row: JobRow): Promise<void> {
  await sql.query(`insert into cflow.job_events (job, id, type, data) values ($1, $2, 'status', $3::json)`, [
    row.id,
    row.last_event,
    JSON.stringify(jobOf(row)),
  ]);
}

export async function dropOldEvents(sql: Sql, id: string, last: number): Promise<void> {
  if (last <= EVENTS_KEPT || last % LOT !== 0) return;
  await sql.query(`delete from cflow.job_events where job = $1 and id <= $2 and type <> 'status'`, [
    id,
    last - EVENTS_KEPT,
  ]);
}

export async function readEvents(
  sql: Sql,
  id: string,
  options: { after: number; limit: number },
): Promise<JobEvent[]> {
  const rows = await sql.query<{ id: number; at: Date; type: JobEvent['type']; data: JobEvent['data'] }>(
    'select id, at, type, data from cflow.job_events where job = $1 and id > $2 order by id limit $3',
    [id, options.after, options.limit],
  );
  // What each type has is what was written with it.
  return rows.map(
    (row) => ({ id: row.id, job: id, at: row.at.toISOString(), type: row.type, data: row.data }) as JobEvent,
  );
}
