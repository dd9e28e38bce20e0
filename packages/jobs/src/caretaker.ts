import { foundLeases, reapJobs } from './attempts.js';
import type { Backend } from './backend.js';
import { Bell } from './bell.js';
import { isUnavailable } from './jobs-error.js';
import { LeaseWatch } from './lease-watch.js';
import type { JobsLogger } from './logger.js';

/** Takes jobs from dead workers, and finds queued ones that the queue does not know. Any number may do so at once. */
export class Caretaker {
  readonly #bell = new Bell();
  readonly #ended: Promise<void>;
  #stopping = false;

  constructor(
    backend: Backend,
    options: {
      leaseSeconds: number;
      retryDelaySeconds: number;
      /** Ids of this process's workers. */
      workers(): readonly string[];
      /** Called when jobs have become free. */
      freed(): void;
      logger: JobsLogger;
    },
  ) {
    this.#ended = this.#care(backend, options);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#bell.ring();
    await this.#ended;
  }

  async #care(backend: Backend, options: ConstructorParameters<typeof Caretaker>[1]): Promise<void> {
    const { leaseSeconds, retryDelaySeconds, logger } = options;
    const { exclusive } = backend.database;
    const watch = new LeaseWatch({ leaseSeconds, exclusive, workers: options.workers });
    const period = Math.min(15_000, (leaseSeconds * 1000) / 3);
    while (!this.#stopping) {
      try {
        const leases = await foundLeases(backend.database, leaseSeconds);
        const reaped = await reapJobs(backend, watch.dead(leases), retryDelaySeconds);
        if (reaped > 0) logger.warn({ jobs: reaped }, 'jobs were taken from workers that are gone');
        const found = await this.#requeue(backend);
        if (found > 0)
          logger.error({ jobs: found }, 'jobs had lost their place in the queue and got a new one');
        if (reaped + found > 0) options.freed();
      } catch (error) {
        if (!isUnavailable(error)) logger.error({ error }, 'the care of jobs failed; trying again');
      }
      if (this.#stopping) return;
      // Not all at the same moment, where many processes do this.
      await this.#bell.wait(period * (0.8 + 0.4 * Math.random()), { idle: true });
    }
  }

  #requeue({ database, queue }: Backend): Promise<number> {
    return database.transaction(async (sql) => {
      const ids = await queue.forgotten(sql);
      for (const id of ids) await queue.push(sql, id, { first: true });
      return ids.length;
    });
  }
}
