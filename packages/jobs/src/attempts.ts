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

/** A lease as it was found. It changes whenever it is renewed. */
export interface FoundLease {
  id: string;
  attempt: number;
  worker: string;
  /** As text, with all its digits. */
  lease_until: string;
  /** By the database's clock; false, too, for a while after it has started, in which no worker could renew its lease. */
  ran_out: boolean;
}

export function foundLeases(sql: Sql, graceSeconds: number): Promise<FoundLease[]> {
  return sql.query<FoundLease>(
    `select id, attempt, worker, lease_until::text as lease_until,
        lease_until < now() and pg_postmaster_start_time() + make_interval(secs => $1) < now() as ran_out
      from cflow.jobs where status = 'running' order by number`,
    [graceSeconds],
  );
}

/** Takes jobs from their workers, if their leases are still as they were found. Gives how many. */
export async function reapJobs(
  backend: Backend,
  leases: readonly Pick<FoundLease, 'id' | 'attempt' | 'lease_until'>[],
  retryDelaySeconds: number,
): Promise<number> {
  let reaped = 0;
  for (const { id, attempt, lease_until: until } of leases.slice(0, 100)) {
    reaped += await backend.database.transaction(async (sql) => {
      const [row] = await sql.query<JobRow>(
        `select * from cflow.jobs where id = $1 and attempt = $2 and status = 'running' and lease_until::text = $3
          for update skip locked`,
        [id, attempt, until],
      );
      if (!row) return 0;
      await move(backend, sql, row, { type: 'lost' }, retryDelaySeconds);
      return 1;
    });
  }
  return reaped;
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
