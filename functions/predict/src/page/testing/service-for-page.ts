// The part of the service's contract that the page uses, answered by a real detector: what the page is tried with.
import { createHash, randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { loadDetector } from '@cflow/detector';
import { makeBundle, memoryBundle } from '@cflow/detector/testing';
import { decodeImage } from '@cflow/images/node';
import { nodeDevices } from '@cflow/runtime/node';
import { type Job, type JobEvent, type JobRequest, jobRequestSchema, type Problem } from '@cflow/spec';
import { serve } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { loadPage } from '../load-page.js';
import { openApiForPage } from './open-api-for-page.js';

export interface ServiceForPage {
  address: string;
  /** Method and path of what was asked, the page's own files aside. */
  requests: string[];
  feedback: { id: string; label: string }[];
  uploads: Uint8Array[];
  /** Appends an event to a job. */
  tell(job: string, type: JobEvent['type'], data: Record<string, unknown>): void;
  jobs: Map<string, Job>;
  /** Ends every open event stream once, as a broken connection would. */
  dropStreams(): void;
  /** Last-Event-ID of each stream that was opened. */
  resumed: (string | undefined)[];
  close(): Promise<void>;
}

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export async function startServiceForPage(
  options: { key?: string; empty?: boolean; port?: number } = {},
): Promise<ServiceForPage> {
  const page = await loadPage();
  const files = await makeBundle({ name: 'wood' });
  const version = createHash('sha256').update(files.get('manifest.json')!).digest('hex');
  const detector = await loadDetector(memoryBundle(files), { devices: await nodeDevices(), device: 'cpu' });
  const requests: string[] = [];
  const feedback: { id: string; label: string }[] = [];
  const uploads: Uint8Array[] = [];
  const jobs = new Map<string, Job>();
  const events = new Map<string, JobEvent[]>();
  const resumed: (string | undefined)[] = [];
  const streams = new Set<() => void>();
  const keys = new Map<string, string>();
  let scored = 0;

  const tell: ServiceForPage['tell'] = (job, type, data) => {
    const list = events.get(job)!;
    list.push({ id: list.length + 1, job, at: new Date().toISOString(), type, data });
  };
  const refuse = (
    c: Context,
    status: 401 | 404 | 422,
    code: Problem['code'],
    title: string,
    detail: string,
  ) =>
    c.json(
      { type: `urn:cflow:problem:${code}`, title, status, detail, code, requestId: randomUUID() },
      status,
    );

  const app = new Hono();
  app.get('/', (c) => asset(c));
  app.get('/docs', (c) => asset(c));
  app.get('/assets/*', (c) => asset(c));
  app.get('/openapi.json', (c) => c.json(openApiForPage()));
  const asset = (c: Context) => {
    const found = page.get(c.req.path);
    if (!found) return c.notFound();
    return c.body(found.body as Uint8Array<ArrayBuffer>, 200, {
      'content-type': found.contentType,
      etag: found.etag,
      'cache-control': found.cacheControl,
      'content-security-policy': POLICY,
    });
  };
  app.use('/v1/*', async (c, next) => {
    requests.push(`${c.req.method} ${c.req.path}`);
    if (options.key !== undefined && c.req.header('authorization') !== `Bearer ${options.key}`)
      return refuse(c, 401, 'unauthorized', 'Not known', 'send an API key as "Authorization: Bearer <key>"');
    return next();
  });
  app.get('/v1/detectors', (c) =>
    c.json({
      detectors: options.empty ? [] : [{ name: 'wood', aliases: { latest: version, production: version } }],
      next: null,
    }),
  );
  const summary = {
    name: 'wood',
    version,
    createdAt: '2026-01-01T00:00:00.000Z',
    aliases: ['latest'],
    bytes: 1,
  };
  app.get('/v1/detectors/wood/versions', (c) => c.json({ versions: [summary], next: null }));
  app.get(`/v1/detectors/wood/versions/${version}`, (c) =>
    c.json({ ...summary, manifest: detector.manifest }),
  );
  app.get('/v1/detectors/wood/drift', (c) =>
    c.json({
      name: 'wood',
      version,
      method: 'kolmogorov-smirnov',
      samples: scored,
      calibrationSamples: detector.manifest.calibration.score.count,
      statistic: scored > 0 ? 0.21 : null,
      pValue: scored > 0 ? 0.64 : null,
      since: scored > 0 ? '2026-01-02T08:00:00.000Z' : null,
    }),
  );
  app.post('/v1/detectors/:detector/predict', async (c) => {
    const bytes = new Uint8Array(await c.req.arrayBuffer());
    const image = await decodeImage(bytes).catch((error: Error) => error);
    if (image instanceof Error) return refuse(c, 422, 'image', 'An image cannot be used', image.message);
    const { map, ...prediction } = await detector.predict(image);
    scored++;
    const data = Buffer.from(map.data.buffer, map.data.byteOffset, map.data.byteLength).toString('base64');
    return c.json({
      predictions: [
        {
          ...prediction,
          id: randomUUID(),
          image: 0,
          detector: { name: 'wood', version, device: 'cpu' },
          original: { width: image.width, height: image.height },
          mapSize: { width: map.width, height: map.height },
          map: { format: 'f32', width: map.width, height: map.height, data },
        },
      ],
    });
  });
  app.post('/v1/predictions/:id/feedback', async (c) => {
    const { label } = (await c.req.json()) as { label: string };
    feedback.push({ id: c.req.param('id'), label });
    return c.json({ label }, 201);
  });
  app.post('/v1/data-sets', async (c) => {
    const bytes = new Uint8Array(await c.req.arrayBuffer());
    uploads.push(bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return c.json({ path: `data-sets/${sha256}.zip`, sha256, bytes: bytes.length }, 201);
  });
  app.post('/v1/jobs', async (c) => {
    const key = c.req.header('idempotency-key');
    const parsed = jobRequestSchema.safeParse(await c.req.json());
    if (!parsed.success) return refuse(c, 422, 'invalid-request', 'Not valid', parsed.error.message);
    const known = key === undefined ? undefined : keys.get(key);
    const job = known === undefined ? newJob(parsed.data) : jobs.get(known)!;
    jobs.set(job.id, job);
    if (!events.has(job.id)) events.set(job.id, []);
    if (key !== undefined) keys.set(key, job.id);
    return c.json(job, 202);
  });
  app.get('/v1/jobs', (c) => c.json({ jobs: [...jobs.values()].reverse(), next: null }));
  app.post('/v1/jobs/:id/cancel', (c) => {
    const job = jobs.get(c.req.param('id'));
    if (!job) return refuse(c, 404, 'not-found', 'Not found', 'there is no such job');
    const cancelled: Job = {
      ...job,
      status: 'cancelled',
      cancelRequested: true,
      finishedAt: new Date().toISOString(),
    };
    jobs.set(job.id, cancelled);
    tell(job.id, 'status', cancelled);
    return c.json(cancelled);
  });
  app.get('/v1/jobs/:id/events', (c) => {
    const list = events.get(c.req.param('id'));
    if (!list) return refuse(c, 404, 'not-found', 'Not found', 'there is no such job');
    const after = c.req.header('last-event-id');
    resumed.push(after);
    return streamSSE(c, async (stream) => {
      let open = true;
      const drop = (): void => {
        open = false;
      };
      streams.add(drop);
      stream.onAbort(drop);
      for (let sent = Number(after ?? 0); open; ) {
        const event = list[sent];
        if (!event) {
          await stream.sleep(20);
          continue;
        }
        await stream.writeSSE({ id: String(event.id), event: event.type, data: JSON.stringify(event) });
        sent++;
        const { status } = event.data as { status?: string };
        if (event.type === 'status' && status !== 'queued' && status !== 'running') break;
      }
      streams.delete(drop);
    });
  });

  const server = await new Promise<Server>((resolve) => {
    const started = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: options.port ?? 0 }, () =>
      resolve(started as Server),
    );
  });
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    feedback,
    uploads,
    tell,
    jobs,
    resumed,
    dropStreams: () => {
      for (const drop of streams) drop();
    },
    close: async () => {
      for (const drop of streams) drop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await detector.dispose();
    },
  };
}

function newJob(request: JobRequest): Job {
  return {
    id: randomUUID(),
    status: 'queued',
    request,
    createdAt: new Date().toISOString(),
    startedAt: null,
    finishedAt: null,
    attempt: 0,
    cancelRequested: false,
    progress: { fraction: 0, phase: 'waiting' },
    result: null,
    error: null,
  };
}
