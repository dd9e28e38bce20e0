import { ConfigurationError, type Job, type JobPage, type JobStatus, type PageQuery } from '@cflow/spec';
import type { Sql } from './database/database.js';
import { type JobRow, jobOf } from './job-row.js';
import { JobsError } from './jobs-error.js';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const CURSOR = /^j([1-9][0-9]{0,17})$/;

export function jobNotFound(id: string): JobsError {
  return new JobsError('not-found', `there is no job "${id.slice(0, 100)}"`, {
    details: { job: id.slice(0, 100) },
  });
}

/** Rejects with `not-found`. With `lock`, nobody else changes the row before the transaction ends. */
export async function jobRow(sql: Sql, id: string, options: { lock?: boolean } = {}): Promise<JobRow> {
  if (!UUID.test(id)) throw jobNotFound(id);
  const lock = options.lock ? ' for update' : '';
  const [row] = await sql.query<JobRow>(`select * from cflow.jobs where id = $1${lock}`, [id]);
  if (!row) throw jobNotFound(id);
  return row;
}

export async function readJob(sql: Sql, id: string): Promise<Job> {
  return jobOf(await jobRow(sql, id));
}

/** Jobs that made the same bundle under other names, looked through for one. */
const MOST_NAMESAKES = 100;

export async function jobOfVersion(sql: Sql, name: string, version: string): Promise<Job | undefined> {
  const rows = await sql.query<JobRow>(
    `select * from cflow.jobs where claimed_version = $1 and status = 'succeeded' order by number desc limit $2`,
    [version, MOST_NAMESAKES],
  );
  const row = rows.find(({ request }) => request.name === name);
  return row && jobOf(row);
}

/** Newest first. The cursor is the number of the last job of the page before, so pages stay apart when jobs come. */
export async function listJobs(
  sql: Sql,
  { limit, after, status }: PageQuery & { status?: JobStatus | undefined },
): Promise<JobPage> {
  const before = after === undefined ? null : CURSOR.exec(Buffer.from(after, 'base64url').toString())?.[1];
  if (before === undefined) {
    throw new ConfigurationError('expected "after" to be the "next" of a page before; leave it out to begin');
  }
  const rows = await sql.query<JobRow>(
    `select * from cflow.jobs
      where ($1::text is null or status = $1) and ($2::bigint is null or number < $2)
      order by number desc limit $3`,
    [status ?? null, before, limit + 1],
  );
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const next = rows.length > limit && last ? Buffer.from(`j${last.number}`).toString('base64url') : null;
  return { jobs: page.map(jobOf), next };
}
