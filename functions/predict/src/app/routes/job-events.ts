import { jobEventsRoute } from '../../openapi/job-routes.js';
import { callerOf } from '../../security/ip-address.js';
import { Budget } from '../budget.js';
import { hasEnded, jobEventStream } from '../job-event-stream.js';
import { trainingParts } from '../job-request.js';
import { type App, newApp } from '../new-app.js';
import type { AppParts } from '../parts.js';
import { ProblemError } from '../problem.js';
import { requires } from '../requires.js';
import { shownEventTo } from '../shown-to.js';
import { streamOf } from '../stream-of.js';

/** Streams at a time: each looks into the database again and again. A caller has a quarter of them at most. */
const MOST_STREAMS = 100;
const MOST_OF_A_CALLER = 25;
const POLL_MS = 500;
const HEARTBEAT_MS = 15_000;
const PAGE = 200;

/** What happens to a job, as it happens. */
export function jobEventRoutes(parts: AppParts): App {
  const app = newApp();
  const streams = new Budget(MOST_STREAMS, { each: MOST_OF_A_CALLER });

  app.openapi({ ...jobEventsRoute, middleware: [requires(parts, 'train', 'read')] }, async (c) => {
    const { jobs } = trainingParts(parts);
    const { id } = c.req.valid('param');
    // A browser that connects again has its newest event in the header, and its first address still.
    const last = c.req.valid('header')['last-event-id'] ?? 0;
    const after = Math.max(last, c.req.valid('query').after ?? 0);
    if (c.req.header('accept')?.includes('application/json')) {
      const job = await jobs.get(id);
      const known = await jobs.events(id, { after, limit: PAGE });
      return c.json(
        {
          events: known.map((event) => shownEventTo(c, event)),
          done: hasEnded(job.status) && known.length < PAGE,
        },
        200,
      );
    }
    // Before anything is looked up: a caller who asks for hundreds at once is refused hundreds of times.
    const place = streams.claim(callerOf(c.get('caller')?.name ?? ''));
    if (!place.take(1)) {
      throw new ProblemError(
        'rate-limited',
        `expected at most ${MOST_OF_A_CALLER} event streams of a caller, ${MOST_STREAMS} of all; poll with Accept: application/json`,
        { headers: { 'retry-after': '5' } },
      );
    }
    const headers = {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      // Some proxies hold a stream back until it is whole.
      'x-accel-buffering': 'no',
    };
    let isStream = false;
    try {
      const job = await jobs.get(id);
      // To a browser this means not to connect again.
      if (hasEnded(job.status) && (await jobs.events(id, { after, limit: 1 })).length === 0) {
        return c.body(null, 204);
      }
      // Nobody reads a body then, nor ends it: its place would never be free again.
      if (c.req.raw.method === 'HEAD') return c.body(null, 200, headers);
      isStream = true;
    } finally {
      if (!isStream) place.release();
    }
    const gone = new AbortController();
    const events = jobEventStream(jobs, id, {
      after,
      signal: AbortSignal.any([gone.signal, c.req.raw.signal]),
      shown: (event) => shownEventTo(c, event),
      draining: () => parts.readiness.state === 'draining',
      pollMs: POLL_MS,
      heartbeatMs: HEARTBEAT_MS,
    });
    // However it ends, its place is free; a generator that sleeps is woken, or it would hold on until it wakes by itself.
    const ended = (): void => {
      place.release();
      gone.abort();
    };
    return c.body(streamOf(events, ended), 200, headers);
  });
  return app;
}
