import { ApiError, type Job } from '@cflow/sdk';
import type { Client } from '../api/client.js';
import { byId } from '../dom/by-id.js';
import { button, element } from '../dom/element.js';
import { formatTime } from '../dom/format.js';
import { problemMessage } from '../dom/problem-message.js';
import { hasEnded, PHASES } from './job-words.js';

const PAGE = 20;
const REFRESH_MS = 10_000;

/** The jobs, newest first as the service lists them; refreshed while one is under way and the page is visible. */
export class JobList {
  readonly #client: Client;
  readonly #onOpen: (job: Job) => void;
  readonly #list = byId('jobs');
  readonly #problem = byId('jobs-problem');
  #jobs: Job[] = [];
  #next: string | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(client: Client, onOpen: (job: Job) => void) {
    this.#client = client;
    this.#onOpen = onOpen;
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden && this.#jobs.some((job) => !hasEnded(job))) void this.refresh();
    });
  }

  async refresh(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      const page = await this.#client.service.jobs.list({ limit: PAGE }).page();
      const seen = new Set(page.items.map(({ id }) => id));
      const older = this.#jobs.filter(({ id }) => !seen.has(id));
      // Pages that were loaded before stay below; if there are none, this page says where they begin.
      if (older.length === 0) this.#next = page.next;
      this.#jobs = [...page.items, ...older];
      this.#problem.replaceChildren();
      this.#offered(true);
    } catch (error) {
      const none = error instanceof ApiError && (error.status === 404 || error.status === 501);
      this.#offered(!none);
      this.#problem.replaceChildren(...(none ? [] : [problemMessage(error, () => void this.refresh())]));
      return;
    }
    this.#draw();
    if (this.#jobs.some((job) => !hasEnded(job)) && !document.hidden) {
      this.#timer = setTimeout(() => void this.refresh(), REFRESH_MS);
    }
  }

  /** The current state of a job, without requesting all of them. */
  put(job: Job): void {
    const place = this.#jobs.findIndex(({ id }) => id === job.id);
    if (place < 0) {
      this.#jobs.unshift(job);
      this.#draw();
      return;
    }
    this.#jobs[place] = job;
    // In its place: whoever is about to press another one must not lose it.
    const button = this.#list.querySelector<HTMLElement>(`[data-job="${job.id}"]`);
    button?.replaceChildren(...this.#cells(job));
  }

  get running(): Job | undefined {
    return this.#jobs.find((job) => !hasEnded(job));
  }

  #offered(training: boolean): void {
    byId('training').hidden = !training;
    byId('no-training').hidden = training;
  }

  async #more(): Promise<void> {
    try {
      const page = await this.#client.service.jobs.list({ limit: PAGE, after: this.#next! }).page();
      const seen = new Set(this.#jobs.map(({ id }) => id));
      this.#jobs.push(...page.items.filter(({ id }) => !seen.has(id)));
      this.#next = page.next;
      this.#draw();
    } catch (error) {
      this.#problem.replaceChildren(problemMessage(error));
    }
  }

  #draw(): void {
    byId('no-jobs').hidden = this.#jobs.length > 0;
    const focused = this.#list.contains(document.activeElement)
      ? (document.activeElement as HTMLElement).dataset.job
      : undefined;
    this.#list.replaceChildren(...this.#jobs.map((job) => this.#row(job)));
    if (this.#next !== null)
      this.#list.append(
        element(
          'li',
          {},
          button('Show older jobs', 'quiet', () => void this.#more()),
        ),
      );
    if (focused) this.#list.querySelector<HTMLElement>(`[data-job="${focused}"]`)?.focus();
  }

  #row(job: Job): HTMLLIElement {
    const now = (): Job => this.#jobs.find(({ id }) => id === job.id) ?? job;
    const open = button('', 'job-row', () => this.#onOpen(now()));
    open.dataset.job = job.id;
    open.append(...this.#cells(job));
    return element('li', {}, open);
  }

  #cells(job: Job): HTMLElement[] {
    const state = hasEnded(job)
      ? job.status
      : `${Math.floor(job.progress.fraction * 100)} %, ${PHASES[job.progress.phase]}`;
    return [
      element('span', { class: 'job-name' }, job.request.name),
      element('span', { class: `chip ${job.status}` }, state),
      element(
        'span',
        { class: 'hint' },
        [job.request.preset, formatTime(job.createdAt)].filter(Boolean).join(', '),
      ),
    ];
  }
}
