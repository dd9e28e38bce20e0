import type { Context } from 'hono';
import {
  cancelJobRoute,
  createJobRoute,
  getJobRoute,
  jobLogsRoute,
  listJobsRoute,
} from '../../openapi/job-routes.js';
import type { AppEnvironment } from '../environment.js';
import { readJobRequest, refuseWebhook, trainingParts } from '../job-request.js';
import { type App, newApp } from '../new-app.js';
import type { AppParts } from '../parts.js';
import { requires } from '../requires.js';
import { shownTo } from '../shown-to.js';
import { streamOf } from '../stream-of.js';

/** Training jobs; where none are offered each answers 404 and says so. */
export function jobRoutes(parts: AppParts): App {
  const app = newApp();
  const watch = [requires(parts, 'train', 'read')];
  const train = [requires(parts, 'train')];

  app.openapi({ ...createJobRoute, middleware: train }, async (c) => {
    const { jobs } = trainingParts(parts);
    const request = await readJobRequest(c, parts);
    refuseWebhook(parts, request);
    const { job } = await jobs.create(request, {
      idempotencyKey: c.req.valid('header')['idempotency-key'],
      owner: c.get('caller')?.name as string,
    });
    c.header('Location', `/v1/jobs/${job.id}`);
    return c.json(shownTo(c, job), 202);
  });

  app.openapi({ ...listJobsRoute, middleware: watch }, async (c) => {
    const { jobs, next } = await trainingParts(parts).jobs.list(c.req.valid('query'));
    return c.json({ jobs: jobs.map((job) => shownTo(c, job)), next }, 200);
  });

  app.openapi({ ...getJobRoute, middleware: watch }, async (c) =>
    c.json(shownTo(c, await trainingParts(parts).jobs.get(c.req.valid('param').id)), 200),
  );

  app.openapi({ ...cancelJobRoute, middleware: train }, async (c) =>
    c.json(shownTo(c, await trainingParts(parts).jobs.cancel(c.req.valid('param').id)), 200),
  );

  app.openapi({ ...jobLogsRoute, middleware: watch }, async (c) => {
    const { id } = c.req.valid('param');
    // Whether there is such a job, before the answer begins.
    await trainingParts(parts).jobs.get(id);
    const stream: Response = c.body(streamOf(logLines(c, id)), 200, {
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-store',
    });
    // To the framework only a whole string is text.
    return stream as ReturnType<typeof c.text<string, 200>>;
  });

  async function* logLines(c: Context<AppEnvironment>, id: string): AsyncGenerator<Uint8Array> {
    const { jobs } = trainingParts(parts);
    const encoder = new TextEncoder();
    for (let after = 0; !c.req.raw.signal.aborted; ) {
      const events = await jobs.events(id, { after, limit: 500 });
      const lines = events
        .filter((event) => event.type === 'log')
        .map(({ at, data }) => `${at} ${data.level} ${data.message}\n`);
      if (lines.length > 0) yield encoder.encode(lines.join(''));
      if (events.length < 500) return;
      after = events.at(-1)?.id as number;
    }
  }
  return app;
}
