import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createGuardedFetch } from '@cflow/guarded-fetch';
import { ConfigurationError } from '@cflow/spec';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { openTestPlace } from '../testing/test-place.js';
import { sendWebhook } from './send-webhook.js';

const SECRET = `whsec_${Buffer.from('a secret of thirty-two bytes ...').toString('base64')}`;
const root = temporaryFolder();
const never = new AbortController().signal;
const received: { headers: IncomingHttpHeaders; body: string }[] = [];
let answers: number[] = [];
let url: string;
const server = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  received.push({ headers: request.headers, body });
  response.writeHead(answers.shift() ?? 204).end();
});
const { post } = createGuardedFetch({ allow: ['127.0.0.1:*'], allowPrivate: ['127.0.0.1'] });

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
});
afterAll(() => server.close());
beforeEach(() => {
  received.length = 0;
  answers = [];
});

/** What a receiver makes of the last request. */
function verified(): unknown {
  const { headers, body } = received.at(-1) as (typeof received)[number];
  return new Webhook(SECRET).verify(body, headers as Record<string, string>);
}

describe('sendWebhook', () => {
  const job = async () => {
    const place = openTestPlace(join(root, 'send'));
    const { id } = await place.create();
    return place.jobs.cancel(id);
  };

  it('signs what it sends as the library verifies it', async () => {
    const sent = await job();
    const options = { post, secret: SECRET, signal: never };
    expect(await sendWebhook(sent, url, options)).toEqual({ delivered: true, attempts: 1 });
    expect(verified()).toEqual({ type: 'job.cancelled', timestamp: sent.finishedAt, data: sent });
    expect(received[0]?.headers).toMatchObject({ 'webhook-id': sent.id, 'content-type': 'application/json' });
  });

  it('tries again, under the same id, and gives up after a number of attempts', async () => {
    answers = [500, 503];
    const options = { post, secret: SECRET, signal: never, pauseMs: 1, attempts: 3 };
    expect(await sendWebhook(await job(), url, options)).toEqual({ delivered: true, attempts: 3 });
    verified();
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    answers = [500, 500, 500, 500];
    expect(await sendWebhook(await job(), url, options)).toEqual({
      delivered: false,
      attempts: 3,
      reason: 'it answered 500',
    });
  });

  it('does not try again where the receiver is gone, or the address is not allowed', async () => {
    answers = [410];
    const options = { post, secret: SECRET, signal: never };
    expect(await sendWebhook(await job(), url, options)).toMatchObject({ delivered: false, attempts: 1 });
    const guarded = createGuardedFetch({ allow: ['127.0.0.1:*'] });
    const refused = await sendWebhook(await job(), url, { ...options, post: guarded.post });
    expect(refused).toMatchObject({ delivered: false, attempts: 1 });
    expect(received).toHaveLength(1);
  });

  it('stops when it is told to', async () => {
    const controller = new AbortController();
    const reason = new ConfigurationError('enough');
    answers = [500];
    const sending = sendWebhook(await job(), url, {
      secret: SECRET,
      signal: controller.signal,
      post: async (...request) => {
        const result = await post(...request);
        controller.abort(reason);
        return result;
      },
    });
    await expect(sending).rejects.toBe(reason);
  });
});

describe('the webhook of a job', () => {
  const create = (name: string, count = 1) => {
    const place = openTestPlace(join(root, name));
    const request = { webhook: { url }, dataSet: { path: 'data-sets/none' } };
    return Promise.all(Array.from({ length: count }, () => place.create(request))).then((jobs) => ({
      place,
      jobs,
    }));
  };

  it('tells that it has failed, once, whoever looks afterwards', async () => {
    const { place, jobs } = await create('failed');
    for (let round = 0; round < 2; round++) {
      const worker = await place.work({ webhookSecret: SECRET, post });
      await place.ended(jobs[0]?.id as string);
      await expect.poll(() => received.length).toBe(1);
      await worker.stop({ graceMs: 1000 });
    }
    expect(verified()).toMatchObject({ type: 'job.failed', data: { id: jobs[0]?.id, status: 'failed' } });
    expect(received).toHaveLength(1);
  });

  it('is sent for a job that no worker ever had, and by one of several workers', async () => {
    const { place, jobs } = await create('cancelled', 3);
    for (const { id } of jobs) await place.jobs.cancel(id);
    const workers = [
      await place.work({ webhookSecret: SECRET, post }),
      await place.work({ webhookSecret: SECRET, post }),
    ];
    await expect.poll(() => received.length).toBeGreaterThanOrEqual(3);
    for (const worker of workers) await worker.stop({ graceMs: 1000 });
    const ids = received.map(({ headers }) => headers['webhook-id']);
    expect(ids.sort()).toEqual(jobs.map(({ id }) => id).sort());
  });

  it('that cannot be delivered leaves the job as it is, and a note', async () => {
    const { place, jobs } = await create('refused');
    const id = jobs[0]?.id as string;
    const guarded = createGuardedFetch({ allow: ['127.0.0.1:*'] });
    const worker = await place.work({ webhookSecret: SECRET, post: guarded.post });
    expect((await place.ended(id)).error?.code).toBe('data-set');
    const note = async () => {
      const found = await place.objects.get(`jobs/${id}/settled.json`);
      return found && JSON.parse(await new Response(found.body).text());
    };
    await expect
      .poll(note, { timeout: 30_000 })
      .toMatchObject({ state: 'settled', webhook: { delivered: false, attempts: 1 } });
    await worker.stop();
    expect(received).toEqual([]);
  });
});
