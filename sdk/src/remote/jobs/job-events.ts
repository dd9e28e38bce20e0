import { CflowError } from '../../errors.js';
import { type ApiError, ConnectionError, ProtocolError } from '../http/errors.js';
import { aborted, pause } from '../http/pause.js';
import { MOST_RETRY_AFTER_SECONDS } from '../http/retry-after.js';
import type { CallOptions, Transport } from '../http/transport.js';
import type { JobStatus } from '../types/job.js';
import type { JobEvent } from '../types/job-event.js';
import { serverSentEvents } from './server-sent-events.js';

export interface JobEventsOptions extends CallOptions {
  /** Only events with a larger id: to go on where somebody else has stopped. */
  after?: number | undefined;
  /** Milliseconds without a byte after which the connection counts as dead. Default 60 000; the service says something every 15 s. */
  silence?: number | undefined;
  /** Told when the connection is gone, before it is made again. */
  onLost?: (() => void) | undefined;
}

/** A connection that lasted so long was a good one, whether or not anything happened to the job. */
const GOOD_MS = 10_000;

/** Whether a job has come to its end. */
export const hasEnded = (status: JobStatus): boolean => status !== 'queued' && status !== 'running';

/**
 * What happens to a job, until it has ended. Connects again when the connection breaks and goes on after the last event
 * that came, so that none is lost and none comes twice; gives up after `maxRetries` (5) broken connections in a row.
 */
export async function* jobEvents(
  transport: Transport,
  id: string,
  { after = 0, silence = 60_000, maxRetries = 5, onLost, ...call }: JobEventsOptions,
): AsyncGenerator<JobEvent, void, undefined> {
  const { signal } = call;
  let last = after;
  let retry = 2000;
  for (let broken = 0; ; broken++) {
    const began = performance.now();
    let wait: number | undefined;
    let reason: unknown;
    try {
      const body = await connect(transport, id, last, call);
      if (!body) return;
      const events = serverSentEvents(bytesOf(body, silence, signal), (asked) => {
        retry = Math.min(asked, 30_000);
      });
      for await (const { data } of events) {
        const event = parsed(data);
        if (event.id <= last) continue;
        last = event.id;
        broken = 0;
        yield event;
        if (event.type === 'status' && hasEnded(event.data.status)) return;
      }
    } catch (error) {
      if (CflowError.isInstance(error) && !error.retryable) throw error;
      reason = error;
      const asked = (error as ApiError).retryAfter;
      if (asked !== undefined) wait = Math.min(asked, MOST_RETRY_AFTER_SECONDS) * 1000;
    }
    if (signal?.aborted) throw aborted(signal);
    if (performance.now() - began > GOOD_MS) broken = 0;
    if (broken >= maxRetries) {
      if (CflowError.isInstance(reason)) throw reason;
      throw new ConnectionError('the events keep breaking off; try again later', {
        code: 'connection',
        retryable: true,
        cause: reason,
      });
    }
    onLost?.();
    await pause((wait ?? retry) * (1 + Math.random() / 4), signal);
  }
}

function connect(
  transport: Transport,
  id: string,
  last: number,
  call: CallOptions,
): PromiseLike<ReadableStream<Uint8Array> | null> {
  return transport.send(
    {
      ...call,
      path: ['v1', 'jobs', id, 'events'],
      headers: { accept: 'text/event-stream', ...(last > 0 && { 'last-event-id': String(last) }) },
      maxRetries: 0,
    },
    async (response) => {
      // There is nothing more to come.
      if (response.status === 204) return null;
      if (response.headers.get('content-type')?.startsWith('text/event-stream')) return response.body;
      await response.body?.cancel();
      throw new ProtocolError('expected events, got something else: check baseUrl', response);
    },
  );
}

// Ends when nothing comes for too long, and when the signal aborts; what is left of the connection ends with it.
async function* bytesOf(
  body: ReadableStream<Uint8Array>,
  silence: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  const stop = (): void => void reader.cancel().catch(() => {});
  signal?.addEventListener('abort', stop, { once: true });
  try {
    for (;;) {
      const timer = setTimeout(stop, silence);
      const { done, value } = await reader.read().finally(() => clearTimeout(timer));
      if (done) return;
      yield value;
    }
  } finally {
    signal?.removeEventListener('abort', stop);
    stop();
  }
}

function parsed(data: string): JobEvent {
  try {
    const event = JSON.parse(data) as JobEvent;
    if (typeof event.id === 'number' && typeof event.data === 'object') return event;
  } catch {
    // Said below.
  }
  throw new ProtocolError('expected an event of a job');
}
