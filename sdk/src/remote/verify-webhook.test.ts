import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { verifyWebhook, WebhookVerificationError } from './verify-webhook.js';

const secret = `whsec_${btoa('a secret of twenty-four b')}`;
const other = `whsec_${btoa('another secret of twenty-')}`;
const now = 1_800_000_000;
const body = JSON.stringify({ type: 'job.succeeded', timestamp: '', data: { id: 'job-ä' } });

function signed(text: string, by: string = secret, at: number = now) {
  return {
    body: text,
    headers: {
      'webhook-id': 'job-1',
      'webhook-timestamp': String(at),
      'webhook-signature': new Webhook(by).sign('job-1', new Date(at * 1000), text),
    },
  };
}

const refused = async (request: Parameters<typeof verifyWebhook>[0], by: string | string[] = secret) => {
  const error = await verifyWebhook(request, { secret: by, now }).catch((reason) => reason);
  expect(error).toBeInstanceOf(WebhookVerificationError);
  expect(String(error)).not.toContain(secret.slice(6));
};

describe('verifyWebhook', () => {
  it('takes what was signed, as text, as bytes, and with the headers of Node and of fetch', async () => {
    const request = signed(body);
    const event = JSON.parse(body);
    const bytes = new TextEncoder().encode(body);
    expect(await verifyWebhook(request, { secret, now })).toEqual(event);
    expect(await verifyWebhook({ ...request, body: bytes }, { secret, now })).toEqual(event);
    expect(await verifyWebhook({ ...request, body: bytes.buffer }, { secret, now })).toEqual(event);
    const headers = new Headers(request.headers);
    expect(await verifyWebhook({ body, headers }, { secret, now: now + 299 })).toEqual(event);
    expect(await verifyWebhook(request, { secret: [other, secret], now })).toEqual(event);
    const both = { ...request.headers };
    both['webhook-signature'] =
      `v1a,x v1,%%% ${signed(body, other).headers['webhook-signature']} ${both['webhook-signature']}`;
    expect(await verifyWebhook({ body, headers: both }, { secret, now })).toEqual(event);
  });

  it('refuses another secret, another time, and what is missing', async () => {
    await refused(signed(body, other));
    await refused(signed(body), [other]);
    await refused(signed(body), []);
    await refused(signed(body), 'whsec_');
    await refused(signed(body, secret, now - 301));
    await refused(signed(body, secret, now + 301));
    for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature']) {
      await refused({ body, headers: { ...signed(body).headers, [name]: undefined } });
      await refused({ body, headers: { ...signed(body).headers, [name]: 'nonsense' } });
    }
  });

  it('refuses every change of the body', async () => {
    const request = signed(body);
    await fc.assert(
      fc.asyncProperty(fc.nat(body.length - 1), fc.string({ maxLength: 2 }), async (at, text) => {
        const changed = body.slice(0, at) + text + body.slice(at + 1);
        fc.pre(changed !== body);
        await refused({ ...request, body: changed });
      }),
      { numRuns: 50 },
    );
  });
});
