import { Webhook } from 'standardwebhooks';

const TOO_LATE = 'the receiver has not answered in time';

/** Sends a request and gives the status of its answer; follows no redirect. */
export type Post = (
  url: string,
  options: { headers: Record<string, string>; body: string; signal: AbortSignal },
) => Promise<{ status: number }>;

export interface PostWebhookOptions {
  post: Post;
  /** `whsec_` and base64. */
  secret: string;
  signal: AbortSignal;
  /** Milliseconds that the receiver has to answer. Default 15 000. */
  timeoutMs?: number | undefined;
}

/**
 * Sends one webhook once, signed as Standard Webhooks has it, and gives the status of the answer. The id is the message's
 * own: sending the message again repeats it, so that a receiver can drop the second one.
 *
 * @throws UrlError, or the signal's reason
 */
export async function postWebhook(
  { id, body }: { id: string; body: string },
  url: string,
  { post, secret, signal, timeoutMs = 15_000 }: PostWebhookOptions,
): Promise<{ status: number }> {
  const now = new Date();
  const headers = {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': `${Math.floor(now.getTime() / 1000)}`,
    'webhook-signature': new Webhook(secret).sign(id, now, body),
  };
  // Not a signal that times out: one that only another signal refers to may be collected as garbage before it does.
  const limit = new AbortController();
  const stop = (): void => limit.abort(signal.reason);
  const timer = setTimeout(() => limit.abort(new DOMException(TOO_LATE, 'TimeoutError')), timeoutMs);
  signal.addEventListener('abort', stop);
  try {
    signal.throwIfAborted();
    return await post(url, { headers, body, signal: limit.signal });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}
