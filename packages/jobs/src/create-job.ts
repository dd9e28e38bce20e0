import { randomUUID } from 'node:crypto';
import { ConfigurationError, type Job, type JobRequest, jobRequestSchema, presetFor } from '@cflow/spec';
import type { z } from 'zod';
import type { Backend } from './backend.js';
import { lockDataSet } from './data-set-use.js';
import type { Sql } from './database/database.js';
import { addStatusEvent } from './job-events.js';
import { type JobRow, jobOf, WAITING } from './job-row.js';
import { JobsError } from './jobs-error.js';
import { jsonHash } from './request-hash.js';

const KEY_HOURS = 24;
const KEY_CHARACTERS = 255;
const OWNER_CHARACTERS = 255;
const MOST_ISSUES = 8;
const ISSUE_CHARACTERS = 200;

/** The row, its first event and its place in the queue, all or nothing. */
export async function createJob(
  { database, queue }: Backend,
  input: JobRequest,
  options: { idempotencyKey?: string | undefined; owner?: string },
): Promise<{ job: Job; created: boolean }> {
  const { idempotencyKey: key, owner = '' } = options;
  const parsed = jobRequestSchema.safeParse(input);
  if (!parsed.success) throw notARequest(parsed.error);
  checkText('an idempotency key', key, KEY_CHARACTERS);
  checkText('an owner', owner === '' ? undefined : owner, OWNER_CHARACTERS);
  const { preset, configuration } = parsed.data;
  // Decided once, and kept: what a job is trained by is not to change with a worker's version.
  const request = {
    ...parsed.data,
    preset: preset ?? presetFor({ ...parsed.data, ...configuration }),
  };
  const hash = jsonHash(request);
  return database.transaction(async (sql) => {
    if (key !== undefined) {
      await sql.query(
        `update cflow.jobs set idempotency_key = null
          where owner = $1 and idempotency_key = $2 and created_at < now() - make_interval(hours => $3)`,
        [owner, key, KEY_HOURS],
      );
    }
    const dataSet = 'path' in request.dataSet ? request.dataSet.path : null;
    if (dataSet !== null) await lockDataSet(sql, dataSet);
    // Waits for another transaction with the same key, and inserts nothing when that one commits.
    const [row] = await sql.query<JobRow>(
      `insert into cflow.jobs (id, owner, status, request, request_hash, idempotency_key, progress, last_event, stored_data_set)
        values ($1, $2, 'queued', $3::json, $4, $5, $6::json, 1, $7)
        on conflict (owner, idempotency_key) where idempotency_key is not null do nothing
        returning *`,
      [randomUUID(), owner, JSON.stringify(request), hash, key ?? null, JSON.stringify(WAITING), dataSet],
    );
    if (!row) return { job: jobOf(await madeBefore(sql, owner, key, hash)), created: false };
    await addStatusEvent(sql, row);
    await queue.push(sql, row.id);
    return { job: jobOf(row), created: true };
  });
}

/** A few faults, each cut: names of fields are in them, and those may be many, and of any length. */
function notARequest({ issues }: z.ZodError): ConfigurationError {
  const named = issues.slice(0, MOST_ISSUES).map(({ path, message }) => ({
    path: path.join('.').slice(0, ISSUE_CHARACTERS),
    message: message.slice(0, ISSUE_CHARACTERS),
  }));
  const words = named.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ');
  const more = issues.length > named.length ? `, and ${issues.length - named.length} more` : '';
  return new ConfigurationError(`not a request for a training job: ${words}${more}`, {
    details: { issues: named },
  });
}

async function madeBefore(sql: Sql, owner: string, key: string | undefined, hash: string): Promise<JobRow> {
  const [row] = await sql.query<JobRow>(
    'select * from cflow.jobs where owner = $1 and idempotency_key = $2',
    [owner, key ?? null],
  );
  if (!row) {
    throw new JobsError('unavailable', 'the idempotency key expired just now; try again', {
      retryable: true,
    });
  }
  if (row.request_hash !== hash) {
    throw new JobsError(
      'idempotency-mismatch',
      `this idempotency key made job ${row.id} from another request; send the same request, or use another key`,
      { details: { job: row.id } },
    );
  }
  return row;
}

function checkText(what: string, text: string | undefined, characters: number): void {
  if (text === undefined) return;
  if (text.length === 0 || text.length > characters || text.includes('\0')) {
    throw new ConfigurationError(`expected ${what} of 1 to ${characters} characters, got ${text.length}`);
  }
}
