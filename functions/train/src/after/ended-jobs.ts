// What is to be done when a job has ended, however it did: cancelled while it was queued, given up after its last worker
// died, or just done. So it does not belong to the worker of the job: any worker that finds a job that has ended and is not
// settled settles it, and leaves a note in the store. At least once: between the webhook and the note a worker can die, and
// then another sends the webhook again, with the same id.
import { setTimeout } from 'node:timers/promises';
import type { Jobs } from '@cflow/jobs';
import { JOB_STATUSES, type Job, type JobStatus, type Logger } from '@cflow/spec';
import type { ObjectStore } from '@cflow/store';
import { removeCheckpoint } from '../checkpoint/checkpoint-store.js';
import { checkpointPrefix, settledKey } from '../work/job-keys.js';
import { type Post, sendWebhook } from './send-webhook.js';

export interface EndedJobsOptions {
  jobs: Jobs;
  objects: ObjectStore;
  logger: Logger;
  webhookSecret?: string | undefined;
  post?: Post | undefined;
  sweepMs: number;
}

const ENDED: readonly JobStatus[] = JOB_STATUSES.filter(
  (status) => status !== 'queued' && status !== 'running',
);
/** How long a worker may take to settle a job until another takes over. Longer than a webhook's attempts. */
const CLAIM_MS = 5 * 60_000;
/** Jobs that ended longer ago are not looked at. */
const RECENT_MS = 3 * 86_400_000;
const MOST_PAGES = 20;
const PAGE = 200;
/** After a worker has let go of a job it takes a moment until the job says that it has ended. */
const EXPECT_MS = [50, 200, 1000, 3000, 10_000];

export class EndedJobs {
  readonly #options: EndedJobsOptions;
  readonly #closing = new AbortController();
  readonly #settled = new Set<string>();
  readonly #underWay = new Map<string, Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> | undefined;

  constructor(options: EndedJobsOptions) {
    this.#options = options;
  }

  /** Looks for jobs to settle, now and from time to time. */
  start(): void {
    this.#sweeping = this.#sweep().finally(() => {
      this.#sweeping = undefined;
      if (this.#closing.signal.aborted) return;
      this.#timer = globalThis.setTimeout(() => this.start(), this.#options.sweepMs);
      this.#timer.unref();
    });
  }

  /** Says that a worker has let go of a job, which may have ended therefore. */
  expect(id: string): void {
    void this.#once(id, async () => {
      for (const wait of EXPECT_MS) {
        await setTimeout(wait, undefined, { signal: this.#closing.signal });
        const job = await this.#options.jobs.get(id);
        if (ENDED.includes(job.status)) return this.#settle(job);
      }
    });
  }

  /** Resolves when nothing is under way any more; what is not finished within the time is left to another worker. */
  async close(graceMs: number): Promise<void> {
    clearTimeout(this.#timer);
    const deadline = globalThis.setTimeout(() => this.#closing.abort(), graceMs);
    while (this.#underWay.size > 0) await Promise.all(this.#underWay.values());
    clearTimeout(deadline);
    this.#closing.abort();
    await this.#sweeping;
    clearTimeout(this.#timer);
  }

  async #sweep(): Promise<void> {
    try {
      for (const status of ENDED) {
        let after: string | undefined;
        for (let page = 0; page < MOST_PAGES; page++) {
          const { jobs, next } = await this.#options.jobs.list({ status, limit: PAGE, after });
          for (const job of jobs) {
            if (this.#closing.signal.aborted) return;
            if (isRecent(job)) await this.#once(job.id, () => this.#settle(job));
          }
          if (next === null) break;
          after = next;
        }
      }
    } catch (error) {
      this.#options.logger.warn({ error: String(error) }, 'could not look for jobs that have ended');
    }
  }

  /** One at a time for each job; what goes wrong is logged, and tried again by the next sweep. */
  #once(id: string, work: () => Promise<void>): Promise<void> {
    const running = this.#underWay.get(id);
    if (running) return running;
    const run = work()
      .catch((error: unknown) => {
        if (this.#closing.signal.aborted) return;
        this.#options.logger.warn(
          { job: id, error: String(error) },
          'a job that has ended is not settled yet',
        );
      })
      .finally(() => this.#underWay.delete(id));
    this.#underWay.set(id, run);
    return run;
  }

  async #settle(job: Job): Promise<void> {
    if (this.#settled.has(job.id)) return;
    const { objects } = this.#options;
    const key = settledKey(job.id);
    const found = await readNote(objects, key);
    if (found?.state === 'settled') return this.#remember(job.id);
    // A claim for longer than any is of a clock that was wrong.
    const left = found ? Date.parse(found.until) - Date.now() : 0;
    if (left > 0 && left <= 2 * CLAIM_MS) return;
    const until = new Date(Date.now() + CLAIM_MS).toISOString();
    const claim = await objects.put(key, note({ state: 'settling', until }), {
      ifMatch: found?.etag ?? null,
    });
    if (!claim.written) return;
    await removeCheckpoint(objects, checkpointPrefix(job.id));
    const webhook = await this.#notify(job);
    await objects.put(key, note({ state: 'settled', webhook }), { ifMatch: claim.etag });
    this.#remember(job.id);
  }

  async #notify(job: Job): Promise<unknown> {
    const { webhook } = job.request;
    if (!webhook) return null;
    const { post, webhookSecret: secret, logger } = this.#options;
    if (!post || secret === undefined) {
      logger.warn({ job: job.id }, 'a webhook was not sent: no secret to sign it with is configured');
      return { delivered: false, attempts: 0, reason: 'webhooks are not configured' };
    }
    const delivery = await sendWebhook(job, webhook.url, { post, secret, signal: this.#closing.signal });
    const { delivered, attempts, reason } = delivery;
    if (delivered) logger.info({ job: job.id, attempts }, 'webhook delivered');
    else logger.warn({ job: job.id, attempts, reason }, 'webhook not delivered');
    return delivery;
  }

  #remember(id: string): void {
    this.#settled.add(id);
    // Forgetting costs one look into the store.
    if (this.#settled.size > 100_000) this.#settled.clear();
  }
}

type Note = { state: 'settling'; until: string } | { state: 'settled'; webhook: unknown };

const note = (content: Note): Uint8Array => new TextEncoder().encode(JSON.stringify(content));

async function readNote(objects: ObjectStore, key: string): Promise<(Note & { etag: string }) | undefined> {
  const found = await objects.get(key);
  if (!found) return undefined;
  const text = await new Response(found.body).text();
  return { ...(JSON.parse(text) as Note), etag: found.etag };
}

function isRecent({ finishedAt }: Job): boolean {
  return finishedAt !== null && Date.now() - Date.parse(finishedAt) < RECENT_MS;
}
