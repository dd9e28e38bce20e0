import type { Backend } from './backend.js';
import type { Sql } from './database/database.js';
import { addStatusEvent } from './job-events.js';
import { type JobRow, WAITING } from './job-row.js';
import { type Ending, nextState } from './next-state.js';

/** What a worker's writes are checked against: they count only while this attempt is the job's last and runs. */
export interface Fence {
  readonly id: string;
  readonly attempt: number;
}

/**
 * Begins an attempt at the next job for `worker`. `nothing` when none waits, `stale` when what waited was cancelled. The
 * lease ends by the database's clock, `leaseSeconds` from now.
 */
export async function takeJob(
  { database, queue }: Backend,
  worker: string,
  leaseSeconds: number,
): Promise<JobRow | 'nothing' | 'stale'> {
  return database.transaction(async (sql) => {
    const id = await queue.take(sql);
    if (id === undefined) return 'nothing';
    const [row] = await sql.query<JobRow>(
      `update cflow.jobs set status = 'running', worker = $2, lease_until = now() + make_interval(secs => $3),
          attempt = attempt + 1, started_at = coalesce(started_at, now()), progress = $4::json,
          last_event = last_event + 1
        where id = $1 and status = 'queued' returning *`,
      [id, worker, leaseSeconds, JSON.stringify(WAITING)],
    );
    if (!row) return 'stale';
    await addStatusEvent(sql, row);
    return row;
  });
}

export interface HeldJob {
  id: string;
  attempt: number;
  cancel_requested: boolean;
}

/** All that `worker` holds; with `leaseSeconds` their leases are renewed. */
export async function heldJobs(sql: Sql, worker: string, leaseSeconds?: number): Promise<HeldJob[]> {
  const held = `where worker = $1 and status = 'running'`;
  if (leaseSeconds === undefined) {
    return sql.query<HeldJob>(`select id, attempt, cancel_requested from cflow.jobs ${held}`, [worker]);
  }
  return sql.query<HeldJob>(
    `update cflow.jobs set lease_until = now() + make_interval(secs => $2) ${held}
      returning id, attempt, cancel_requested`,
    [worker, leaseSeconds],
  );
}

/** Ends an attempt. False when it has ended already, by this worker in a try whose answer was lost, or by another. */
export async function endAttempt(
  backend: Backend,
  fence: Fence,
  ending: Ending,
  retryDelaySeconds: number,
): Promise<boolean> {
  return backend.database.transaction(async (sql) => {
    const [row] = await sql.query<JobRow>(
      `select * from cflow.jobs where id = $1 and attempt = $2 and status = 'running' for update`,
      [fence.id, fence.attempt],
    );
    if (!row) return false;
    await move(backend, sql, row, ending, retryDelaySeconds);
    return true;
  });
}

/**
 * Takes jobs from workers that do not renew their leases. Where this process alone has the database, a lease is dead
 * when its worker is not among `workers`, whatever the clock says; elsewhere when it ran out and the database has been
 * up for `graceSeconds`, in which its worker could have renewed it. Gives how many.
 */
export async function reapJobs(
  backend: Backend,
  options: { workers: readonly string[]; graceSeconds: number; retryDelaySeconds: number },
): Promise<number> {
  const [dead, values] = backend.database.exclusive
    ? ['worker <> all (string_to_array($1, $2))', [options.workers.join(' '), ' ']]
    : [
        'lease_until < now() and pg_postmaster_start_time() + make_interval(secs => $1) < now()',
        [options.graceSeconds],
      ];
  return backend.database.transaction(async (sql) => {
    const rows = await sql.query<JobRow>(
      `select * from cflow.jobs where status = 'running' and ${dead} order by number limit 100 for update skip locked`,
      values,
    );
    for (const row of rows) await move(backend, sql, row, { type: 'lost' }, options.retryDelaySeconds);
    return rows.length;
  });
}

async function move(
  { queue }: Backend,
  sql: Sql,
  row: JobRow,
  ending: Ending,
  retryDelaySeconds: number,
): Promise<void> {
  const next = nextState(row, ending, { retryDelaySeconds, random: Math.random() });
  const [moved] = await sql.query<JobRow>(
    `update cflow.jobs set status = $2, failures = $3, progress = $4::json, result = $5::json, error = $6::json,
        worker = null, lease_until = null, queued_at = now() + make_interval(secs => $7),
        finished_at = case when $2 = 'queued' then null else now() end,
        last_event = last_event + $8
      where id = $1 returning *`,
    [
      row.id,
      next.status,
      next.failures,
      JSON.stringify(next.progress),
      next.result && JSON.stringify(next.result),
      next.error && JSON.stringify(next.error),
      next.delaySeconds,
      next.retry === undefined ? 1 : 2,
    ],
  );
  if (!moved) throw new Error(`job ${row.id} went away under a lock`);
  if (next.retry !== undefined) {
    await sql.query(`insert into cflow.job_events (job, id, type, data) values ($1, $2, 'log', $3::json)`, [
      row.id,
      moved.last_event - 1,
      JSON.stringify({ level: 'warn', message: next.retry }),
    ]);
  }
  await addStatusEvent(sql, moved);
  if (next.status === 'queued') {
    await queue.push(sql, row.id, { delaySeconds: next.delaySeconds, first: true });
  }
}
