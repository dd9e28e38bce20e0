// A worker in a process of its own. Argument: JSON of database, leaseSeconds, concurrency and holdMs, the time a job takes.
// Prints "ready", and for each attempt "begin <job> <attempt>" and "end <job> <attempt>" or "aborted <job> <attempt> <why>".
import { setTimeout } from 'node:timers/promises';
import { JobInterrupted, type JobsDatabase, openJobs } from '../index.js';

const options = JSON.parse(process.argv[2] ?? '{}') as {
  database: JobsDatabase;
  leaseSeconds: number;
  concurrency: number;
  holdMs: number;
};
const jobs = await openJobs({ ...options, retryDelaySeconds: 0.1 });
await jobs.ping();
await jobs.work({
  concurrency: options.concurrency,
  async handle(lease) {
    const attempt = `${lease.job.id} ${lease.attempt}`;
    console.log(`begin ${attempt}`);
    try {
      await lease.progress({ fraction: 0.1, phase: 'training' });
      await setTimeout(options.holdMs, undefined, { signal: lease.signal });
    } catch (error) {
      const { reason } = lease.signal;
      console.log(
        `aborted ${attempt} ${reason instanceof JobInterrupted ? reason.interruption : String(error)}`,
      );
      throw error;
    }
    const version = await lease.claimVersion(lease.job.id.replaceAll('-', '').repeat(2));
    console.log(`end ${attempt}`);
    return { name: lease.job.request.name, version, metrics: null };
  },
});
console.log('ready');
