import PgBoss from 'pg-boss';
import type { Database, Sql } from './database/database.js';
import type { JobsLogger } from './logger.js';

const QUEUE = 'training';
/** A schema of its own: `pgboss` may belong to another program, with another version of pg-boss. */
const SCHEMA = 'cflow_queue';
/** Long ago, so that a clock that is set back does not hide what waits. */
const AT_ONCE = '2000-01-01T00:00:00.000Z';

/**
 * Jobs that wait for a worker, in pg-boss. A message is the id of a job; it is put and taken in the transaction that
 * changes the job's row, so that there is a message exactly as long as the row says `queued`.
 */
export class JobQueue {
  readonly #boss: PgBoss;

  constructor(database: Database, logger: JobsLogger) {
    this.#boss = new PgBoss({
      db: executor(database),
      schema: SCHEMA,
      // Nothing stays in its tables for longer than it waits, so there is nothing to maintain.
      supervise: false,
      schedule: false,
    });
    this.#boss.on('error', (error) => logger.error({ error }, 'pg-boss reports an error'));
  }

  async start(): Promise<void> {
    await this.#boss.start();
    await this.#boss.createQueue(QUEUE, { name: QUEUE, policy: 'standard' });
  }

  /** `first`: before those that have never run. */
  async push(sql: Sql, id: string, options: { delaySeconds?: number; first?: boolean } = {}): Promise<void> {
    const delay = options.delaySeconds ?? 0;
    const db = executor(sql);
    await this.#boss.deleteJob(QUEUE, id, { db });
    const sent = await this.#boss.send(
      QUEUE,
      {},
      { id, db, priority: options.first ? 1 : 0, startAfter: delay > 0 ? delay.toFixed(3) : AT_ONCE },
    );
    if (sent === null) throw new Error(`pg-boss did not take job ${id}`);
  }

  /** The id of the next job, which no other transaction then gets. */
  async take(sql: Sql): Promise<string | undefined> {
    const db = executor(sql);
    const [message] = await this.#boss.fetch(QUEUE, { db, batchSize: 1 });
    if (!message) return undefined;
    await this.#boss.deleteJob(QUEUE, message.id, { db });
    return message.id;
  }

  /** Jobs that say `queued` for a minute and have no message. There are none, unless someone empties the queue. */
  async forgotten(sql: Sql): Promise<string[]> {
    const rows = await sql.query<{ id: string }>(
      `select id from cflow.jobs j
        where status = 'queued' and queued_at < now() - interval '1 minute' and not exists (
          select from ${SCHEMA}.job m where m.name = $1 and m.id = j.id and m.state < 'active')
        order by number limit 100 for update skip locked`,
      [QUEUE],
    );
    return rows.map(({ id }) => id);
  }

  async stop(): Promise<void> {
    await this.#boss.stop({ graceful: false });
  }
}

function executor(sql: Sql): PgBoss.Db {
  return { executeSql: async (text, values) => ({ rows: await sql.query(text, values) }) };
}
