import { setTimeout } from 'node:timers/promises';
import { type Post, postWebhook } from '@cflow/guarded-fetch';
import { CflowError, type Job, shownJob } from '@cflow/spec';

export type { Post };

export interface SendWebhookOptions {
  post: Post;
  /** `whsec_` and base64. */
  secret: string;
  signal: AbortSignal;
  /** Default 6: over about a minute. */
  attempts?: number | undefined;
  /** Milliseconds before the second attempt, doubled before each further one. Default 1000. */
  pauseMs?: number | undefined;
  /** Milliseconds that the receiver has to answer. Default 15 000. */
  timeoutMs?: number | undefined;
}

export interface WebhookDelivery {
  delivered: boolean;
  attempts: number;
  /** Why not, when it was not delivered. */
  reason?: string;
}

/**
 * Tells the job's webhook that it has ended, as Standard Webhooks has it: the id is the job's, so that a receiver can
 * drop what it was told before. Any status from 200 to 299 is taken as received; 410 says to stop. Rejects only with
 * the signal's reason.
 */
export async function sendWebhook(
  job: Job,
  url: string,
  options: SendWebhookOptions,
): Promise<WebhookDelivery> {
  const { signal, attempts = 6, pauseMs = 1000 } = options;
  const body = JSON.stringify({
    type: `job.${job.status}`,
    timestamp: job.finishedAt ?? new Date().toISOString(),
    data: shownJob(job, 'trainers'),
  });
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    let reason: string;
    let final = false;
    try {
      const { status } = await postWebhook({ id: job.id, body }, url, options);
      if (status >= 200 && status < 300) return { delivered: true, attempts: attempt };
      reason = `it answered ${status}`;
      final = status === 410;
    } catch (error) {
      signal.throwIfAborted();
      reason = error instanceof Error ? error.message : String(error);
      final = CflowError.isInstance(error) && !error.retryable;
    }
    if (final || attempt === attempts) return { delivered: false, attempts: attempt, reason };
    const wait = pauseMs * 2 ** (attempt - 1) * (0.75 + Math.random() / 2);
    await setTimeout(wait, undefined, { signal }).catch(() => undefined);
  }
}
