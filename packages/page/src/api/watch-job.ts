import type { JobEvent } from '@cflow/spec';
import { type Client, pause } from './client.js';
import { chunksOf, readEvents } from './read-events.js';
import { ServiceError } from './service-error.js';

export interface JobWatcher {
  event(event: JobEvent): void;
  /** The connection is gone and will be tried again. */
  lost(): void;
  /** Whether nothing more is to come. */
  ended(): boolean;
}

/**
 * Follows a job's events until it has ended, across interruptions: each connection goes on after the last event seen.
 * `EventSource` cannot send the key, so this reads the stream itself.
 *
 * @throws ServiceError when the service refuses for good
 */
export async function watchJob(
  client: Client,
  id: string,
  watcher: JobWatcher,
  signal: AbortSignal,
): Promise<void> {
  let last: string | undefined;
  let delay = 500;
  while (!signal.aborted) {
    try {
      const response = await client.request(`v1/jobs/${encodeURIComponent(id)}/events`, {
        headers: { accept: 'text/event-stream', ...(last !== undefined && { 'last-event-id': last }) },
        signal,
      });
      // There is nothing more to come.
      if (response.status === 204 || !response.body) return;
      for await (const { id: seen, data } of readEvents(chunksOf(response.body))) {
        delay = 500;
        last = seen ?? last;
        watcher.event(JSON.parse(data) as JobEvent);
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ServiceError && error.status < 500 && error.status !== 429) throw error;
    }
    if (watcher.ended() || signal.aborted) return;
    watcher.lost();
    await pause(delay, signal).catch(() => {});
    delay = Math.min(8000, delay * 2);
  }
}
