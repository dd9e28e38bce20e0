import type { Database, Sql } from './database/database.js';
import type { DataSetUse } from './jobs.js';

/** With a hash of the path: creating a job on an archive and removing the archive take turns. */
const LOCK = 731_022_602;

interface UseRow {
  stored_data_set: string;
  in_use: boolean;
  last_ended_at: Date | null;
  detectors: string[] | null;
}

/** Held until the transaction ends. */
export async function lockDataSet(sql: Sql, path: string): Promise<void> {
  await sql.query('select pg_advisory_xact_lock($1, hashtext($2))', [LOCK, path]);
}

export async function dataSetUses(
  sql: Sql,
  paths: readonly string[],
): Promise<ReadonlyMap<string, DataSetUse>> {
  const rows = await sql.query<UseRow>(
    `select stored_data_set, bool_or(status in ('queued', 'running')) as in_use, max(finished_at) as last_ended_at,
        array_agg(distinct result ->> 'name') filter (where result is not null) as detectors
      from cflow.jobs where stored_data_set = any (string_to_array($1, ' ')) group by stored_data_set`,
    [paths.join(' ')],
  );
  return new Map(rows.map((row) => [row.stored_data_set, useOf(row)]));
}

export async function releaseDataSet(
  database: Database,
  path: string,
  restSeconds: number,
  remove: () => Promise<void>,
): Promise<'removed' | 'in-use' | 'resting'> {
  return database.transaction(async (sql) => {
    await lockDataSet(sql, path);
    const [row] = await sql.query<Pick<UseRow, 'in_use'> & { resting: boolean | null }>(
      `select bool_or(status in ('queued', 'running')) as in_use,
          max(finished_at) > now() - make_interval(secs => $2) as resting
        from cflow.jobs where stored_data_set = $1`,
      [path, restSeconds],
    );
    if (row?.in_use) return 'in-use';
    if (row?.resting) return 'resting';
    await remove();
    return 'removed';
  });
}

function useOf({ in_use, last_ended_at, detectors }: UseRow): DataSetUse {
  return { inUse: in_use, lastEndedAt: last_ended_at?.toISOString() ?? null, detectors: detectors ?? [] };
}
