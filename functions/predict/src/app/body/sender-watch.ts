import { ProblemError } from '../problem.js';

/** The slowest that a sender may be: once the grace is over, this many bytes for each second spent waiting for it. */
export interface SlowestSender {
  graceMs: number;
  bytesPerSecond: number;
}

export interface SenderWatchOptions {
  /** Milliseconds without a single byte after which the sender counts as gone. */
  idleMs: number;
  slowest: SlowestSender;
  /** Told once of a sender that is gone or too slow. */
  onLate(error: ProblemError): void;
}

/**
 * Watches the sender of a body for silence, and for a trickle that would keep a request open for as long as it likes. Only
 * the time that the service waits for the sender counts, not what it does with the bytes.
 */
export class SenderWatch {
  readonly #options: SenderWatchOptions;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #since: number | undefined;
  #waited = 0;
  #bytes = 0;

  constructor(options: SenderWatchOptions) {
    this.#options = options;
  }

  /** From now on the service waits for bytes. */
  waiting(): void {
    this.#since = performance.now();
    // One timer for many chunks: when it comes too early it is set again.
    this.#timer ??= setTimeout(() => this.#check(), this.#leftMs());
  }

  /** So many bytes came. */
  arrived(bytes: number): void {
    this.#waited += this.#waitedNow();
    this.#since = undefined;
    this.#bytes += bytes;
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#since = undefined;
  }

  #check(): void {
    this.#timer = undefined;
    if (this.#since === undefined) return;
    const left = this.#leftMs();
    if (left > 0) this.#timer = setTimeout(() => this.#check(), left);
    else this.#options.onLate(this.#late());
  }

  /** Milliseconds that the sender still has, before either rule counts it as late. */
  #leftMs(): number {
    return Math.ceil(Math.min(this.#options.idleMs, this.#paceMs()) - this.#waitedNow());
  }

  /** What the bytes so far allow for the next ones. */
  #paceMs(): number {
    const { graceMs, bytesPerSecond } = this.#options.slowest;
    return graceMs + (1000 * this.#bytes) / bytesPerSecond - this.#waited;
  }

  #waitedNow(): number {
    return this.#since === undefined ? 0 : performance.now() - this.#since;
  }

  #late(): ProblemError {
    const { idleMs, slowest } = this.#options;
    const detail =
      this.#paceMs() < idleMs
        ? `expected at least ${slowest.bytesPerSecond} bytes of the body per second, got ${this.#bytes} in ${Math.round((this.#waited + this.#waitedNow()) / 1000)} s; send it faster`
        : `nothing of the body arrived for ${idleMs} ms; send it again, faster`;
    return new ProblemError('timeout', detail, { status: 408, headers: { connection: 'close' } });
  }
}
