import type { Database, Sql } from './database.js';
import { PgliteConnection } from './pglite-connection.js';
import { databaseError } from './unavailable.js';

/**
 * PostgreSQL inside this process, in a thread of its own; in `folder` or, without one, in memory. It takes a second or
 * more to start, several the first time.
 */
export async function openPglite(folder?: string): Promise<Database> {
  let connection = new PgliteConnection(folder);
  // There is one connection: what is not a part of a transaction waits until it is over.
  let last: Promise<unknown> = Promise.resolve();
  function alone<T>(run: (connection: PgliteConnection) => Promise<T>): Promise<T> {
    const result = last.then(() => {
      // What was in memory is gone with the thread; a folder is opened again.
      if (connection.failed && folder !== undefined) connection = new PgliteConnection(folder);
      return run(connection);
    });
    last = result.catch(() => {});
    return result;
  }
  await alone((opened) => sqlOf(opened).query('select 1'));
  return {
    exclusive: true,
    query: <Row>(text: string, values?: readonly unknown[]): Promise<Row[]> =>
      alone(async (opened) => {
        try {
          return await sqlOf(opened).query<Row>(text, values);
        } catch (error) {
          // Statements that began a transaction themselves must not leave it open.
          if (!values) await opened.query('rollback', undefined).catch(() => {});
          throw error;
        }
      }),
    transaction: (run) =>
      alone(async (opened) => {
        const sql = sqlOf(opened);
        await sql.query('begin');
        try {
          const result = await run(sql);
          await sql.query('commit');
          return result;
        } catch (error) {
          await opened.query('rollback', undefined).catch(() => {});
          throw databaseError(error);
        }
      }),
    close: () => alone((opened) => opened.close()),
  };
}

function sqlOf(connection: PgliteConnection): Sql {
  return {
    async query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]> {
      try {
        return (await connection.query(text, values)) as Row[];
      } catch (error) {
        throw databaseError(error);
      }
    },
  };
}
