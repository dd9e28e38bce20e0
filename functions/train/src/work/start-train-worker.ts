import { mkdir } from 'node:fs/promises';
import { storageErrorOf } from '@cflow/detector/node';
import { CflowError } from '@cflow/spec';
import { EndedJobs } from '../after/ended-jobs.js';
import { handleJob } from './handle-job.js';
import { sweepWorkFolder } from './work-place.js';
import type { TrainWorkerParts } from './worker-parts.js';

export interface TrainWorker {
  /** Jobs under way. */
  readonly active: number;
  /** Takes no further job, gives those under way back after `graceMs`, to be resumed by another worker. */
  stop(options?: { graceMs?: number }): Promise<void>;
}

/**
 * Takes jobs and trains until it is stopped. Any number of workers may run, on any number of machines.
 * @throws StorageError when the work folder cannot be used; JobsError when the database cannot be reached
 */
export async function startTrainWorker(parts: TrainWorkerParts): Promise<TrainWorker> {
  const { jobs, objects, logger, workFolder, concurrency, sweepMs = 60_000 } = parts;
  try {
    await mkdir(workFolder, { recursive: true });
    await sweepWorkFolder(workFolder);
  } catch (error) {
    throw storageErrorOf(error, workFolder);
  }
  const ended = new EndedJobs({
    jobs,
    objects,
    logger,
    webhookSecret: parts.webhookSecret,
    post: parts.post,
    sweepMs,
  });
  let active = 0;
  const worker = await jobs.work({
    concurrency,
    async handle(lease) {
      const { id, request } = lease.job;
      const fields = { job: id, attempt: lease.attempt, detector: request.name };
      active++;
      logger.info(fields, 'job begun');
      try {
        const outcome = await handleJob(lease, parts);
        logger.info({ ...fields, version: outcome.version }, 'job done');
        return outcome;
      } catch (error) {
        const retryable = CflowError.isInstance(error) && error.retryable;
        logger.warn({ ...fields, retryable, error: String(error) }, 'job not done');
        throw error;
      } finally {
        active--;
        ended.expect(id);
      }
    },
  });
  ended.start();
  return {
    get active() {
      return active;
    },
    async stop({ graceMs = 0 } = {}) {
      await worker.stop({ graceMs });
      await ended.close(Math.max(graceMs, 2000));
    },
  };
}
