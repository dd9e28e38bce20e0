import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PGlite, Transaction } from '@electric-sql/pglite';
import type { Database, Sql } from './database.js';
import { databaseError } from './unavailable.js';

/**
 * PostgreSQL inside this process, in `folder` or, without one, in memory. It takes a second or more to start, several
 * the first time.
 */
export async function openPglite(folder?: string): Promise<Database> {
  const { PGlite } = await import('@electric-sql/pglite');
  const open = async (path?: string): Promise<PGlite> => {
    const database = path === undefined ? new PGlite() : new PGlite(path);
    await database.waitReady;
    return database;
  };
  let pglite: PGlite;
  if (folder === undefined) {
    pglite = await open();
  } else {
    const path = join(folder, 'postgres');
    if (!(await stat(path).catch(() => undefined))) {
      // A process that ends while it makes the files must not leave half of them where they would be opened.
      const unfinished = join(folder, 'postgres.new');
      await rm(unfinished, { recursive: true, force: true });
      await mkdir(unfinished, { recursive: true });
      await (await open(unfinished)).close();
      await rename(unfinished, path);
    }
    pglite = await open(path);
  }
  const outside = sqlOf(pglite);
  return {
    exclusive: true,
    async query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]> {
      try {
        return await outside.query<Row>(text, values);
      } catch (error) {
        // There is one connection only: statements that began a transaction themselves must not leave it open.
        if (!values) await pglite.exec('rollback').catch(() => {});
        throw error;
      }
    },
    async transaction(run) {
      try {
        return await pglite.transaction((transaction) => run(sqlOf(transaction)));
      } catch (error) {
        throw databaseError(error);
      }
    },
    close: () => pglite.close(),
  };
}

function sqlOf(connection: PGlite | Transaction): Sql {
  return {
    async query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]> {
      try {
        if (values) return (await connection.query<Row>(text, [...values])).rows;
        return ((await connection.exec(text)).at(-1)?.rows ?? []) as Row[];
      } catch (error) {
        throw databaseError(error);
      }
    },
  };
}
