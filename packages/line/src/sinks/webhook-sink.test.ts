import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createGuardedFetch } from '@cflow/guarded-fetch';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RefusedResultError } from '../refused-result-error.js';
import { testResult } from '../testing/result.js';
import { WebhookSink } from './webhook-sink.js';

const secret = `whsec_${Buffer.from('a secret of thirty-two bytes ...').toString('base64')}`;
const received: { headers: IncomingHttpHeaders; body: string }[] = [];
let status = 204;
let url: string;
const server = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  received.push({ headers: request.headers, body });
  response.writeHead(status).end();
});
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/gate`;
});
afterAll(() => server.close());

describe('WebhookSink', () => {
  it('signs each result under its own id, and calls anything but 2xx a failure', async () => {
    const { post } = createGuardedFetch({ allow: ['127.0.0.1:*'], allowPrivate: ['127.0.0.1'] });
    const sink = new WebhookSink({ name: 'gate', url, secret, post });
    const { signal } = new AbortController();
    const result = testResult(7, { file: { path: '/where/it/lies.png', stamp: '1:2' } });
    await sink.deliver([result], signal);
    const { headers, body } = received[0] as (typeof received)[number];
    expect(headers['webhook-id']).toBe('line-7');
    const { file: _, ...data } = result;
    expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toEqual({
      type: 'line.result',
      timestamp: result.time,
      data,
    });
    status = 503;
    await expect(sink.deliver([result], signal)).rejects.toThrow('it answered 503');
    expect(received.map((each) => each.headers['webhook-id'])).toEqual(['line-7', 'line-7']);
    // A key or an address that is wrong is so for all results; what is said of a body is said of one.
    for (const [code, refused] of [
      [401, false],
      [404, false],
      [429, false],
      [400, true],
      [409, true],
      [422, true],
    ] as const) {
      status = code;
      const error = await sink.deliver([result], signal).catch((reason: unknown) => reason);
      expect(error instanceof RefusedResultError, String(code)).toBe(refused);
    }
  });
});
