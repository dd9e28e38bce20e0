import type { JobLease } from '@cflow/jobs';
import type { Job, Logger } from '@cflow/spec';
import type { TrainingEvent } from '@cflow/training';
import { shortReport } from './short-report.js';

type Phase = Job['progress']['phase'];
type Level = 'info' | 'warn' | 'error';

/** Milliseconds between two reports of one kind that come in a stream. */
const PAUSE_MS = 1000;
/** Lines, and images left out, that are told one by one; of further ones there may be any number. */
const MOST_LINES = 200;
const MOST_UNREADABLE = 50;

/** Where phases begin, as parts of the whole. */
const BEGINS: Readonly<Record<Phase, number>> = {
  waiting: 0,
  fetching: 0,
  features: 0.03,
  training: 0.15,
  calibrating: 0.92,
  publishing: 0.97,
  done: 1,
};

export interface JobReporterOptions {
  logger: Logger;
  /** Takes out of a text what is this machine's business only. */
  withoutPath(text: string): string;
}

/** Tells a job what becomes of it: progress and events, thinned out. Failing to tell is logged, and no more. */
export class JobReporter {
  readonly #lease: JobLease;
  readonly #options: JobReporterOptions;
  readonly #lastOf = new Map<string, number>();
  #queue: Promise<void> = Promise.resolve();
  #progress: Job['progress'] | undefined;
  #sentProgress: Job['progress'] | undefined;
  #timer: NodeJS.Timeout | undefined;
  #lines = 0;
  readonly #began = performance.now();

  constructor(lease: JobLease, options: JobReporterOptions) {
    this.#lease = lease;
    this.#options = options;
  }

  /**
   * @param within how much of the phase is done, 0 to 1
   * @param secondsLeft until the end of the run, where that is known: phases take shares of the whole that differ with the
   * method and the images, so that how much is done is then told by time
   */
  phase(phase: Phase, within = 0, secondsLeft?: number | null): void {
    const ends =
      phase === 'features' ? BEGINS.training : phase === 'training' ? BEGINS.calibrating : BEGINS[phase];
    const spent = (performance.now() - this.#began) / 1000;
    const by =
      typeof secondsLeft === 'number'
        ? Math.min(BEGINS.publishing, spent / (spent + secondsLeft))
        : BEGINS[phase] + Math.max(0, ends - BEGINS[phase]) * Math.min(1, Math.max(0, within));
    // What was told is not taken back.
    const fraction = Math.max(by, this.#progress?.fraction ?? 0);
    const changed = this.#progress?.phase !== phase;
    this.#progress = { phase, fraction };
    if (changed) this.#sendProgress();
    else this.#timer ??= setTimeout(() => this.#sendProgress(), PAUSE_MS);
  }

  training(event: TrainingEvent): void {
    switch (event.type) {
      case 'fetching':
        if (event.done < event.total && this.#tooSoon(event.type)) return;
        break;
      case 'features':
        this.phase('features', event.done / event.total, event.secondsLeft);
        if (event.done < event.total && this.#tooSoon(event.type)) return;
        break;
      case 'comparing':
        this.phase('training', event.done / event.total, event.secondsLeft);
        if (event.done < event.total && this.#tooSoon(event.type)) return;
        break;
      case 'progress':
        this.phase('training', event.fraction, event.secondsLeft);
        if (this.#tooSoon(event.type)) return;
        break;
      case 'calibrated':
        this.phase('calibrating', 0, event.secondsLeft);
        break;
      case 'data-set':
        this.#sendEvent({ type: event.type, report: shortReport(event.report) });
        return;
      case 'unreadable':
        if (event.count > MOST_UNREADABLE && this.#tooSoon(event.type)) return;
        break;
      case 'done':
        // Where the bundle lies on this machine helps nobody; the job's result says where to get it.
        return;
      default:
    }
    this.#sendEvent(event);
  }

  #sendEvent(event: TrainingEvent): void {
    const text = this.#options.withoutPath(JSON.stringify(event));
    this.#send(() => this.#lease.event('training', JSON.parse(text) as Record<string, unknown>));
  }

  log(level: Level, message: string): void {
    const text = this.#options.withoutPath(message);
    this.#options.logger[level]({ job: this.#lease.job.id, attempt: this.#lease.attempt }, text);
    if (this.#lines++ >= MOST_LINES) return;
    const last = this.#lines === MOST_LINES ? ' (further lines are in the log of the worker only)' : '';
    this.#send(() => this.#lease.event('log', { level, message: text + last }));
  }

  /** Resolves when everything was told, or could not be. */
  async close(): Promise<void> {
    if (this.#progress !== this.#sentProgress) this.#sendProgress();
    clearTimeout(this.#timer);
    await this.#queue;
  }

  #sendProgress(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const progress = this.#progress;
    if (!progress) return;
    this.#sentProgress = progress;
    this.#send(() => this.#lease.progress(progress));
  }

  #send(tell: () => Promise<void>): void {
    this.#queue = this.#queue.then(async () => {
      // Nobody wants to know from a worker that has lost the job.
      if (this.#lease.signal.aborted) return;
      try {
        await tell();
      } catch (error) {
        this.#options.logger.warn(
          { job: this.#lease.job.id, error: String(error) },
          'a report of a job was lost',
        );
      }
    });
  }

  #tooSoon(kind: string): boolean {
    const now = performance.now();
    if (now - (this.#lastOf.get(kind) ?? Number.NEGATIVE_INFINITY) < PAUSE_MS) return true;
    this.#lastOf.set(kind, now);
    return false;
  }
}
