import type { Jobs } from '@cflow/jobs';
import { JOB_STATUSES, type Job, type JobEvent } from '@cflow/spec';
import { sleep } from './sleep.js';

export interface JobEventStreamOptions {
  /** Id of the last event that the client has; 0: none. */
  after: number;
  /** Ends the stream: the client has gone. */
  signal: AbortSignal;
  /** An event as the client may see it. Default: as it is. */
  shown?: ((event: JobEvent) => JobEvent) | undefined;
  /** Whether the service is about to end: the client connects again, to another. */
  draining(): boolean;
  /** Milliseconds between looks at the job. */
  pollMs: number;
  /** Milliseconds of silence after which a comment is sent, so that nothing between takes the stream for dead. */
  heartbeatMs: number;
}

const PAGE = 200;

/** Events of a job as server-sent events, until the one that says that it has ended. */
export async function* jobEventStream(
  jobs: Jobs,
  id: string,
  options: JobEventStreamOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const encoder = new TextEncoder();
  let { after } = options;
  let silence = 0;
  yield encoder.encode('retry: 2000\n\n');
  while (!options.signal.aborted && !options.draining()) {
    const events = await jobs.events(id, { after, limit: PAGE });
    for (const event of events) {
      after = event.id;
      yield encoder.encode(
        `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(options.shown?.(event) ?? event)}\n\n`,
      );
      if (isFinal(event)) return;
    }
    if (events.length > 0) silence = 0;
    if (events.length === PAGE) continue;
    await sleep(options.pollMs, options.signal);
    silence += options.pollMs;
    if (silence >= options.heartbeatMs) {
      silence = 0;
      yield encoder.encode(': still here\n\n');
    }
  }
}

/** Whether a job has come to its end. */
export function hasEnded(status: Job['status']): boolean {
  return ENDED.has(status);
}

/** Whether nothing follows an event. */
export function isFinal(event: JobEvent): boolean {
  return event.type === 'status' && ENDED.has(event.data.status);
}

const ENDED: ReadonlySet<Job['status']> = new Set(
  JOB_STATUSES.filter((status) => status !== 'queued' && status !== 'running'),
);
