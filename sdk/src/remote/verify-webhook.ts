import { CflowError } from '../errors.js';
import { fromBase64 } from './bytes/base64.js';
import type { Job } from './types/job.js';

/** What a webhook tells: a job has ended. */
export interface WebhookEvent {
  type: 'job.succeeded' | 'job.failed' | 'job.cancelled';
  timestamp: string;
  data: Job;
}

/** A webhook that is not from the service, or that somebody has sent again or changed. Answer it with 400. */
export class WebhookVerificationError extends CflowError {
  override readonly name: string = 'WebhookVerificationError';

  constructor(message: string) {
    super('unauthorized', message);
  }
}

export interface WebhookRequest {
  /** Of the request: `webhook-id`, `webhook-timestamp`, `webhook-signature`. Node's `request.headers` will do. */
  headers: Headers | Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The body as it came; parsed and written again it is another. */
  body: string | ArrayBuffer | ArrayBufferView;
}

export interface VerifyWebhookOptions {
  /** `whsec_…`; several while one replaces another. */
  secret: string | readonly string[];
  /** Seconds that a webhook may be old, or ahead. Default 300. */
  tolerance?: number | undefined;
  /** Seconds since 1970, for tests. Default: the clock. */
  now?: number | undefined;
}

/**
 * Checks a webhook as Standard Webhooks has it (HMAC-SHA256 over id, time and body) and gives what it says. One that is
 * older than the tolerance, or ahead by more, is refused; within it the same one may come again, sent anew by the service
 * or by somebody who saw it. The header `webhook-id` is the job's: keep those that were handled for a day, and drop
 * (with 204) what comes with one of them.
 *
 * @throws WebhookVerificationError when nothing it carries was signed with one of the secrets, or its time is off
 */
export async function verifyWebhook(
  { headers, body }: WebhookRequest,
  { secret, tolerance = 300, now = Date.now() / 1000 }: VerifyWebhookOptions,
): Promise<WebhookEvent> {
  const header = (name: string): string => {
    const value =
      'get' in headers && typeof headers.get === 'function'
        ? headers.get(name)
        : (headers as Record<string, unknown>)[name];
    if (typeof value === 'string' && value !== '') return value;
    throw new WebhookVerificationError(`expected the header ${name}`);
  };
  const [id, time, signatures] = [
    header('webhook-id'),
    header('webhook-timestamp'),
    header('webhook-signature'),
  ];
  if (!/^\d{1,12}$/.test(time) || Math.abs(now - Number(time)) > tolerance) {
    throw new WebhookVerificationError(
      `expected a webhook of the last ${tolerance} seconds: this one was sent again, or a clock is wrong`,
    );
  }
  const encoder = new TextEncoder();
  const bytes =
    typeof body === 'string'
      ? encoder.encode(body)
      : ArrayBuffer.isView(body)
        ? new Uint8Array(body.buffer, body.byteOffset, body.byteLength)
        : new Uint8Array(body);
  const start = encoder.encode(`${id}.${time}.`);
  const signed = new Uint8Array(start.length + bytes.length);
  signed.set(start);
  signed.set(bytes, start.length);
  for (const each of [secret].flat()) {
    const key = await crypto.subtle.importKey('raw', keyOf(each), { name: 'HMAC', hash: 'SHA-256' }, false, [
      'verify',
    ]);
    for (const signature of signatures.split(' ')) {
      // Compared by the engine, in a time that says nothing.
      const found = signature.startsWith('v1,') && bytesOf(signature.slice(3));
      if (found && (await crypto.subtle.verify('HMAC', key, found, signed))) {
        return JSON.parse(new TextDecoder().decode(bytes)) as WebhookEvent;
      }
    }
  }
  throw new WebhookVerificationError(
    'expected a signature by one of the secrets: the webhook is from somebody else, or was changed',
  );
}

function keyOf(secret: string): Uint8Array<ArrayBuffer> {
  const key = bytesOf(secret.replace(/^whsec_/, ''));
  if (key?.length) return key;
  throw new WebhookVerificationError('expected a secret as whsec_ and base64, as the service has it');
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return fromBase64(text);
  } catch {
    return undefined;
  }
}
