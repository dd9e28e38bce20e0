import { type Job, type JobEvent, shownJob } from '@cflow/spec';
import type { Context } from 'hono';
import type { AppEnvironment } from './environment.js';

/** A job as the caller may see it: those who may not create jobs see only the hosts of addresses. */
export function shownTo(c: Context<AppEnvironment>, job: Job): Job {
  const scopes = c.get('caller')?.scopes;
  return shownJob(job, scopes?.has('train') || scopes?.has('admin') ? 'trainers' : 'readers');
}

/** An event of a job; those of its status hold the job. */
export function shownEventTo(c: Context<AppEnvironment>, event: JobEvent): JobEvent {
  return event.type === 'status' ? { ...event, data: shownTo(c, event.data) } : event;
}
