import { ConfigurationError } from '@cflow/spec';
import type { Database } from './database.js';

/** Any number will do, as long as no other program locks the same in this database. */
const LOCK = 7_310_226_011;

/** What brings the tables from version `index` to `index + 1`. Only ever add to it. */
const MIGRATIONS: readonly (readonly string[])[] = [
  [
    // "json" and not "jsonb" for what is only stored: it keeps every string, also with \u0000 or half a surrogate pair.
    `create table cflow.jobs (
      id uuid primary key,
      number bigint generated always as identity unique,
      owner text not null,
      status text not null check (status in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
      request json not null,
      request_hash text not null,
      idempotency_key text,
      created_at timestamptz not null default now(),
      queued_at timestamptz not null default now(),
      started_at timestamptz,
      finished_at timestamptz,
      attempt integer not null default 0,
      failures integer not null default 0,
      worker text,
      lease_until timestamptz,
      cancel_requested boolean not null default false,
      progress json not null,
      claimed_version text,
      result json,
      error json,
      last_event integer not null default 0,
      check ((status = 'running') = (worker is not null and lease_until is not null))
    )`,
    `create unique index jobs_idempotency on cflow.jobs (owner, idempotency_key) where idempotency_key is not null`,
    `create index jobs_status on cflow.jobs (status, number)`,
    `create index jobs_worker on cflow.jobs (worker) where status = 'running'`,
    `create table cflow.job_events (
      job uuid not null references cflow.jobs on delete cascade,
      id integer not null,
      at timestamptz not null default now(),
      type text not null,
      data json not null,
      primary key (job, id)
    )`,
  ],
  // What was understood of the data set.
  ['alter table cflow.jobs add column data_set json'],
  [
    // A column, and no index on the request: looking into JSON fails where a string in it has \u0000. Its text is that of
    // JSON.stringify, in which no string can look like this member.
    `alter table cflow.jobs add column stored_data_set text`,
    `update cflow.jobs set stored_data_set = substring(request::text from '"dataSet":\\{"path":"(data-sets/[a-z0-9._-]+)"')`,
    `create index jobs_stored_data_set on cflow.jobs (stored_data_set)
       where stored_data_set is not null`,
  ],
  [
    // How a version compares with the one before it, and which job a version is of.
    'alter table cflow.jobs add column comparison json',
    'create index jobs_claimed_version on cflow.jobs (claimed_version) where claimed_version is not null',
  ],
];

/** Runs `prepare`, which uses other connections, while no other process does. */
export async function preparing(database: Database, prepare: () => Promise<void>): Promise<void> {
  if (database.exclusive) return prepare();
  await database.transaction(async (sql) => {
    await sql.query('select pg_advisory_xact_lock($1)', [LOCK]);
    await prepare();
  });
}

/** Makes the tables, or brings them up to date: all of it or nothing. */
export async function migrate(database: Database): Promise<void> {
  await database.transaction(async (sql) => {
    await sql.query('create schema if not exists cflow');
    await sql.query(
      'create table if not exists cflow.migrations (version integer primary key, at timestamptz not null default now())',
    );
    const rows = await sql.query<{ version: number }>(
      'select coalesce(max(version), 0) as version from cflow.migrations',
    );
    const version = rows[0]?.version ?? 0;
    if (version > MIGRATIONS.length) {
      throw new ConfigurationError(
        `the tables of jobs are of version ${version}, this program knows them up to ${MIGRATIONS.length}; ` +
          'use the newer program that made them, or another database',
      );
    }
    for (let next = version; next < MIGRATIONS.length; next++) {
      for (const statement of MIGRATIONS[next] ?? []) await sql.query(statement);
      await sql.query('insert into cflow.migrations (version) values ($1)', [next + 1]);
    }
  });
}
