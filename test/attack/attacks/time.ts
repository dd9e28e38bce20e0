import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { woodArchive } from '../../service/wood-archive.js';
import type { Attack } from '../attack-types.js';
import { createJob, jobEnded, untilJob, uploadDataSet } from '../client/jobs.js';

const HOUR_MS = 3_600_000;
const NO_CLOCK = "the clock of a Worker is Cloudflare's, and stands still during a request; it has no jobs";
const SECRET = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;

/** Somebody sets the machine's time while it works. */
export const clockJumps: Attack = {
  name: 'clock-jumps',
  about: 'the clock jumps an hour forth, two back and one forth, under load and while a worker holds a lease',
  notOn: { workerd: NO_CLOCK },
  short: true,
  jobs: true,
  service: { movableClock: true, env: { CFLOW_TRAIN: 'here', CFLOW_RATE: '200:400' } },
  // The training process comes to the service's own memory.
  mostGrowthMb: 1400,
  async run({ host, client, samples, full, fault, note }) {
    const path = await uploadDataSet(client, await woodArchive(24));
    if (path === undefined) return fault('the data set was not taken');
    const configuration = {
      inputSize: [64, 64] as [number, number],
      couplingBlocks: 2,
      conditionVector: 16,
      fiberBatchSize: 64,
    };
    const id = await createJob(client, {
      name: 'timed',
      dataSet: { path },
      validationFraction: 0.25,
      epochs: full ? 60 : 25,
      configuration,
    });
    await untilJob(client, id, 60_000, ({ status }) => status === 'running');
    const statuses: number[] = [];
    for (const offset of [HOUR_MS, -HOUR_MS, 0]) {
      await host.moveClock?.(offset);
      const until = performance.now() + (full ? 8000 : 3000);
      while (performance.now() < until) {
        statuses.push((await client.predict(samples.png)).status, (await client.ask('/v1/jobs')).status);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
    const other = statuses.filter((status) => status !== 200);
    if (other.length > 0)
      fault(`${other.length} of ${statuses.length} requests got ${[...new Set(other)].join(', ')}`);
    const job = await jobEnded(client, id, 180_000);
    note(`the job: ${job.status} in attempt ${job.attempt}`);
    if (job.status !== 'succeeded') fault(`the job is ${job.status}: ${job.error?.message ?? ''}`);
    const { text } = await client.ask('/v1/detectors/timed/versions');
    const { versions } = JSON.parse(text) as { versions?: unknown[] };
    if (versions?.length !== 1) fault(`the job has ${versions?.length ?? 0} versions, expected 1`);
  },
};

/** What a receiver of webhooks needs to tell a message from its replay, and a receiver that misbehaves. */
export const webhooks: Attack = {
  name: 'webhooks',
  about:
    'webhooks to a receiver that fails, one that never ends its answer, and a replay: ids, times and signatures tell',
  notOn: { workerd: 'the Worker has no jobs' },
  short: true,
  jobs: true,
  service: {
    env: {
      CFLOW_TRAIN: 'here',
      CFLOW_WEBHOOK_SECRET: SECRET,
      CFLOW_WEBHOOK_HOSTS: '127.0.0.1:*',
      CFLOW_PRIVATE_NETWORKS: '127.0.0.0/8',
    },
  },
  async run({ client, fault, note }) {
    const receiver = await startReceiver();
    try {
      const jobs: string[] = [];
      for (const path of ['/fails-twice', '/never-ends']) {
        const webhook = { url: `${receiver.origin}${path}` };
        jobs.push(
          await createJob(client, {
            name: 'hooked',
            dataSet: { path: 'data-sets/none.zip' },
            webhook,
            maxAttempts: 1,
          }),
        );
      }
      for (const id of jobs) await jobEnded(client, id, 60_000);
      const deadline = performance.now() + 30_000;
      while (receiver.seen.length < 4 && performance.now() < deadline)
        await new Promise((resolve) => setTimeout(resolve, 100));
      const failing = receiver.seen.filter(({ path }) => path === '/fails-twice');
      note(`${failing.length} tries of one, ${receiver.seen.length - failing.length} of the other`);
      if (failing.length !== 3)
        fault(`the receiver that fails twice was told ${failing.length} times, expected 3`);
      if (new Set(failing.map(({ headers }) => headers['webhook-id'])).size !== 1)
        fault('each try has an id of its own');
      if (new Set(receiver.seen.map(({ headers }) => headers['webhook-id'])).size !== 2)
        fault('two jobs have one id');
      for (const { headers, body } of receiver.seen) {
        const verifies = (more: Record<string, string> = {}, text = body): boolean => {
          try {
            new Webhook(SECRET).verify(text, { ...(headers as Record<string, string>), ...more });
            return true;
          } catch {
            return false;
          }
        };
        const sent = Number(headers['webhook-timestamp']);
        if (!verifies()) fault('a webhook cannot be verified');
        if (verifies({ 'webhook-timestamp': String(sent + 600) }))
          fault('a webhook can be sent again under a later time');
        if (verifies({ 'webhook-id': 'another' })) fault('a webhook can be sent again under another id');
        if (verifies({}, `${body} `)) fault('a webhook can be sent with another body');
        if (Math.abs(sent - Date.now() / 1000) > 120) fault(`a webhook says it was sent at ${sent}`);
      }
    } finally {
      await receiver.close();
    }
  },
};

interface Receiver {
  origin: string;
  seen: { path: string; headers: IncomingHttpHeaders; body: string }[];
  close(): Promise<void>;
}

async function startReceiver(): Promise<Receiver> {
  const seen: Receiver['seen'] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const path = request.url ?? '';
    seen.push({ path, headers: request.headers, body });
    const times = seen.filter((each) => each.path === path).length;
    if (path === '/never-ends') {
      response.writeHead(200);
      const piece = Buffer.alloc(65_536, 'x');
      const more = setInterval(() => response.write(piece), 5);
      response.once('close', () => clearInterval(more));
      return;
    }
    response.writeHead(times < 3 ? 500 : 204);
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
