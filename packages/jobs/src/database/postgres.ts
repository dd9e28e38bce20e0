import type { Pool, PoolClient } from 'pg';
import { isUnavailable, JobsError } from '../jobs-error.js';
import type { JobsLogger } from '../logger.js';
import type { Database, Sql } from './database.js';
import { databaseError } from './unavailable.js';

const CONNECT_MS = 5_000;
/** What a statement may take on the server, and a little later here, when the server does not even say so. */
const STATEMENT_MS = 10_000;
const ANSWER_MS = 12_000;

/**
 * The limits are set with statements, not with the connection's start, which connection poolers such as PgBouncer
 * refuse.
 */
const LIMITS = `
  set statement_timeout = ${STATEMENT_MS};
  set lock_timeout = ${STATEMENT_MS / 2};
  set idle_in_transaction_session_timeout = ${STATEMENT_MS};
  set default_transaction_isolation = 'read committed'`;

/** PostgreSQL at `url`, through a pool of connections that are opened when they are needed. */
export async function openPostgres(url: string, logger: JobsLogger): Promise<Database> {
  const { Pool } = await import('pg');
  const pool: Pool = new Pool({
    connectionString: url,
    application_name: 'cflow-jobs',
    max: 8,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: ANSWER_MS,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    onConnect: async (client) => void (await client.query(LIMITS)),
    allowExitOnIdle: true,
  });
  // Without listeners, a connection that breaks while nobody uses it would end the process.
  pool.on('error', (error) => logger.warn({ error }, 'a connection to the database broke'));
  pool.on('connect', (client) => client.on('error', () => {}));
  return {
    exclusive: false,
    query: sqlOf(pool).query,
    async transaction(run) {
      let client: PoolClient;
      try {
        client = await pool.connect();
      } catch (error) {
        throw databaseError(error);
      }
      let broken = false;
      try {
        await client.query('begin');
        const result = await run(sqlOf(client));
        // A transaction in which a statement failed is rolled back by "commit", without an error.
        const { command } = await client.query('commit');
        if (command !== 'COMMIT') {
          throw new JobsError('unavailable', 'the database did not commit; try again', { retryable: true });
        }
        return result;
      } catch (raw) {
        const error = databaseError(raw);
        broken = isUnavailable(error);
        if (!broken) {
          await client.query('rollback').catch(() => {
            broken = true;
          });
        }
        throw error;
      } finally {
        client.release(broken);
      }
    },
    close: () => pool.end(),
  };
}

function sqlOf(connection: Pool | PoolClient): Sql {
  return {
    async query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]> {
      try {
        const result = values ? await connection.query(text, [...values]) : await connection.query(text);
        // Several statements have several results.
        const last = Array.isArray(result) ? result.at(-1) : result;
        return (last?.rows ?? []) as Row[];
      } catch (error) {
        throw databaseError(error);
      }
    },
  };
}
