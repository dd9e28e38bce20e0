import { adviceOf } from '@cflow/evaluation';
import type { Job, JobEvent } from '@cflow/sdk';
import type { Client } from '../api/client.js';
import { byId } from '../dom/by-id.js';
import { button, element } from '../dom/element.js';
import { formatDuration, formatTime, shortVersion } from '../dom/format.js';
import { problemMessage } from '../dom/problem-message.js';
import { reportDetails } from '../report/report-details.js';
import { comparisonView } from './comparison-view.js';
import { hasEnded, PHASES } from './job-words.js';
import { lossChart } from './loss-chart.js';
import { LossHistory } from './loss-history.js';

/** Lines of the log that are shown. */
const MAX_LOG_LINES = 200;

export interface JobViewActions {
  /** A job's status or progress has changed. */
  changed(job: Job): void;
  /** Somebody wants to use the detector that a job has made. */
  use(detector: { name: string; version: string }): void;
}

/** One job, watched live: progress, loss, log. */
export class JobView {
  readonly #client: Client;
  readonly #actions: JobViewActions;
  readonly #node = byId('job-view');
  #watching: AbortController | undefined;
  #job: Job | undefined;
  #frame = 0;
  #history = new LossHistory();
  /** When it is expected to be over, by this machine's clock. */
  #expectedAt: number | undefined;
  readonly #title = element('h3', { tabindex: '-1' });
  readonly #status = element('span', { class: 'chip' });
  readonly #bar = element('progress', { max: 1, 'aria-label': 'Progress' });
  readonly #note = element('span', { role: 'status' });
  /** Not a part of what is read out whenever it changes: it does so every second. */
  readonly #left = element('span', {});
  readonly #outcome = element('div', {});
  readonly #chart = element('div', {});
  readonly #log = element('ol', { class: 'log' });
  readonly #logBox = element('details', { class: 'log-box' }, element('summary', {}, 'Log'), this.#log);
  readonly #cancel = button('Cancel job', 'quiet', () => this.#askCancel());
  #asked = false;

  constructor(client: Client, actions: JobViewActions) {
    this.#client = client;
    this.#actions = actions;
    const head = element('div', { class: 'row' }, this.#title, this.#status);
    this.#node.append(
      element(
        'div',
        { class: 'panel job' },
        head,
        this.#bar,
        element('p', { class: 'hint' }, this.#note, this.#left),
        this.#outcome,
        this.#chart,
        this.#logBox,
        this.#cancel,
      ),
    );
  }

  get shown(): string | undefined {
    return this.#job?.id;
  }

  async show(job: Job): Promise<void> {
    this.#watching?.abort();
    const watching = new AbortController();
    this.#watching = watching;
    this.#job = job;
    this.#history = new LossHistory();
    this.#expectedAt = undefined;
    this.#log.replaceChildren();
    this.#chart.replaceChildren();
    this.#outcome.replaceChildren();
    this.#node.hidden = false;
    this.#draw();
    const onLost = (): void => {
      this.#note.textContent = 'The connection is lost. Trying again; the job goes on.';
    };
    const { signal } = watching;
    // Between two events, which may lie half a minute apart, time passes all the same.
    const second = setInterval(() => this.#drawLeft(), 1000);
    signal.addEventListener('abort', () => clearInterval(second));
    const options = { signal, onLost, maxRetries: Number.POSITIVE_INFINITY };
    try {
      for await (const event of this.#client.service.jobs.events(job.id, options)) this.#take(event);
    } catch (error) {
      if (!signal.aborted) this.#outcome.replaceChildren(problemMessage(error, () => void this.show(job)));
    } finally {
      clearInterval(second);
    }
  }

  focus(): void {
    this.#title.focus();
  }

  #take({ at, ...event }: JobEvent): void {
    if (!this.#job) return;
    if (event.type === 'status') {
      this.#job = event.data;
      this.#actions.changed(this.#job);
    } else if (event.type === 'progress') {
      this.#job = { ...this.#job, progress: event.data };
    } else if (event.type === 'training') {
      this.#history.add(event.data);
      if ('secondsLeft' in event.data && typeof event.data.secondsLeft === 'number')
        this.#expectedAt = Date.now() + 1000 * event.data.secondsLeft;
    } else {
      const time = new Date(at).toLocaleTimeString();
      const { level, message } = event.data;
      this.#log.append(
        element('li', { class: level }, element('time', { datetime: at }, time), ` ${message}`),
      );
      while (this.#log.children.length > MAX_LOG_LINES) this.#log.firstElementChild?.remove();
    }
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
      if (this.#job && !hasEnded(this.#job)) this.#actions.changed(this.#job);
    });
  }

  #draw(): void {
    const job = this.#job;
    if (!job) return;
    const ended = hasEnded(job);
    this.#title.textContent = job.request.name;
    this.#status.textContent = job.cancelRequested && !ended ? 'cancelling' : job.status;
    this.#status.className = `chip ${job.status}`;
    this.#bar.hidden = ended;
    this.#bar.value = job.progress.fraction;
    const attempt = job.attempt > 1 ? `, attempt ${job.attempt} of ${job.request.maxAttempts}` : '';
    const text = ended
      ? `${job.finishedAt ? `Ended ${formatTime(job.finishedAt)}` : 'Ended'}${attempt}`
      : `${Math.floor(job.progress.fraction * 100)} %, ${PHASES[job.progress.phase]}${attempt}`;
    if (this.#note.textContent !== text) this.#note.textContent = text;
    this.#drawLeft();
    this.#cancel.hidden = ended || job.cancelRequested;
    this.#logBox.hidden = this.#log.childElementCount === 0;
    const { curves } = this.#history;
    if (curves.length > 0) this.#chart.replaceChildren(lossChart(curves));
    if (ended && this.#outcome.childElementCount === 0) this.#showOutcome(job);
  }

  #drawLeft(): void {
    const secondsLeft = ((this.#expectedAt ?? 0) - Date.now()) / 1000;
    const running = this.#job?.status === 'running' && secondsLeft > 0;
    this.#left.textContent = running ? `, ${formatDuration(secondsLeft)} left` : '';
  }

  #showOutcome({ result, error, status, comparison }: Job): void {
    if (result) {
      const auroc = result.metrics?.imageAuroc;
      const advice = element('div', { class: 'advice' });
      void this.#advise(advice, result);
      this.#outcome.replaceChildren(
        element(
          'p',
          {},
          `Version ${shortVersion(result.version)} is ready${typeof auroc === 'number' ? `; image AUROC ${auroc.toFixed(4)}` : ''}. `,
        ),
        advice,
        reportDetails(() => this.#report(result)),
        ...(comparison ? [comparisonView(this.#client, comparison, result)] : []),
        button(`Inspect with ${result.name}`, 'primary', () => this.#actions.use(result)),
      );
    } else if (error) {
      this.#outcome.replaceChildren(
        element(
          'div',
          { class: 'problem', role: 'alert' },
          element('strong', {}, `Failed: ${error.code}`),
          element('p', {}, error.message),
        ),
      );
    } else if (status === 'cancelled')
      this.#outcome.replaceChildren(element('p', {}, 'Cancelled. Nothing was published.'));
  }

  /** How good the new version is and what to do next. Without the right to read its manifest, nothing is shown. */
  async #advise(place: HTMLElement, { name, version }: NonNullable<Job['result']>): Promise<void> {
    try {
      const { manifest } = await this.#client.service.detectors.version(name, version);
      const { verdict, steps } = adviceOf({
        ...manifest,
        largestPicture: this.#job?.dataSet?.sizes?.largest,
      });
      place.append(
        element('p', {}, element('strong', {}, verdict)),
        element('ol', {}, ...steps.map(({ text }) => element('li', {}, text))),
      );
    } catch {
      place.remove();
    }
  }

  async #report({ name, version }: NonNullable<Job['result']>): Promise<string> {
    return (await this.#client.service.detectors.file(name, version, 'report.html')).text();
  }

  /** The first press asks, the second does it: hours of work are not lost to a slip. */
  #askCancel(): void {
    if (this.#asked) return void this.#reallyCancel();
    this.#asked = true;
    this.#cancel.textContent = 'Cancel for good?';
    setTimeout(() => this.#forgetCancel(), 4000);
  }

  #forgetCancel(): void {
    this.#asked = false;
    this.#cancel.textContent = 'Cancel job';
  }

  async #reallyCancel(): Promise<void> {
    const job = this.#job;
    if (!job) return;
    this.#forgetCancel();
    try {
      const cancelled = await this.#client.service.jobs.cancel(job.id);
      if (this.#job?.id !== job.id) return;
      this.#job = cancelled;
      this.#actions.changed(cancelled);
      this.#draw();
    } catch (error) {
      this.#outcome.replaceChildren(problemMessage(error));
    }
  }
}
