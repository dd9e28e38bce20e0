import { type Post, postWebhook } from '@cflow/guarded-fetch';
import { CflowError } from '@cflow/spec';
import { RefusedResultError } from '../refused-result-error.js';
import type { Result } from '../result.js';
import type { Sink } from '../sink.js';

export interface WebhookSinkOptions {
  name: string;
  url: string;
  /** `whsec_` and base64. */
  secret: string;
  post: Post;
}

/** A key, an address or a time that is wrong: the next result would fare no better, so all of them wait. */
const ABOUT_THE_RECEIVER: ReadonlySet<number> = new Set([
  401, 402, 403, 404, 405, 407, 408, 410, 421, 423, 425, 426, 429,
]);

/**
 * Each result as a signed POST, in order, the next when the one before was answered with a status from 200 to 299. The id is
 * the result's: one that comes twice, since an answer was lost, comes under the same.
 */
export class WebhookSink implements Sink<null> {
  readonly name: string;
  readonly maxBatch = 1;
  readonly #options: WebhookSinkOptions;

  constructor(options: WebhookSinkOptions) {
    this.name = options.name;
    this.#options = options;
  }

  async open(): Promise<null> {
    return null;
  }

  async deliver(results: readonly Result[], signal: AbortSignal): Promise<null> {
    const { url, secret, post } = this.#options;
    for (const result of results) {
      const { file: _, ...data } = result;
      const body = JSON.stringify({ type: 'line.result', timestamp: result.time, data });
      const { status } = await postWebhook({ id: result.id, body }, url, { post, secret, signal });
      if (status >= 200 && status <= 299) continue;
      if (status >= 400 && status <= 499 && !ABOUT_THE_RECEIVER.has(status))
        throw new RefusedResultError(`it answered ${status}`);
      throw new CflowError('unavailable', `it answered ${status}`, { retryable: true });
    }
    return null;
  }

  async close(): Promise<void> {}
}
