import type { Database } from './database/database.js';
import type { JobQueue } from './queue.js';

/** What jobs are kept in. */
export interface Backend {
  readonly database: Database;
  readonly queue: JobQueue;
}
