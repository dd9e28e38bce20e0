import type { Jobs } from '@cflow/jobs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { jobEventStream } from './job-event-stream.js';
import { streamOf } from './stream-of.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('nothing piles up for a client that does not read: neither heartbeats nor looks at the job', async () => {
  const events = vi.fn(async () => []);
  const gone = new AbortController();
  const body = streamOf(
    jobEventStream({ events } as unknown as Jobs, 'job', {
      after: 0,
      signal: gone.signal,
      draining: () => false,
      pollMs: 500,
      heartbeatMs: 15_000,
    }),
  );
  const reader = body.getReader();
  const next = async (): Promise<string> => new TextDecoder().decode((await reader.read()).value);
  expect(await next()).toContain('retry');
  // A day, in which the stream fills what a stream may hold, one piece, and then waits.
  await vi.advanceTimersByTimeAsync(86_400_000);
  const looks = events.mock.calls.length;
  expect(looks).toBeLessThanOrEqual(2 * (15_000 / 500));
  await vi.advanceTimersByTimeAsync(86_400_000);
  expect(events).toHaveBeenCalledTimes(looks);
  // Whoever reads again gets what was held, and then one heartbeat after the other in its time.
  expect(await next()).toBe(': still here\n\n');
  let read = 0;
  const rest = next().then(() => read++);
  await vi.advanceTimersByTimeAsync(15_000);
  await rest;
  expect(read).toBe(1);
  const last = reader.read();
  gone.abort();
  await vi.advanceTimersByTimeAsync(1000);
  expect((await last).done).toBe(true);
});
