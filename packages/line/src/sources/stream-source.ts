import { setTimeout as sleep } from 'node:timers/promises';
import { CflowError } from '@cflow/spec';
import type { Frame, Source } from '../frame.js';
import { videoFrames } from './ffmpeg/video-frames.js';
import type { VideoInput } from './ffmpeg/video-input.js';
import { frameName } from './film-source.js';
import { WaitingFrames } from './waiting-frames.js';

/** Frames that wait at most: what a batch takes. */
const WAITING = 8;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 30_000;
const SILENT_MS = 15_000;
const TELL_MS = 10_000;

export type StreamEvent =
  | { type: 'source-lost'; reason: string }
  | { type: 'source-back' }
  | { type: 'frames-dropped'; frames: number };

export interface StreamSourceOptions {
  input: VideoInput;
  /** Number of the last frame before. */
  lastNumber: number;
  fps?: number | undefined;
  /** Frames that may wait to be taken; of more, the oldest are dropped and counted. Default 8. */
  waiting?: number | undefined;
  /** Milliseconds without a frame after which a stream is lost. Default 15 000. */
  silentMs?: number | undefined;
  /** Default 500, doubled up to 30 000. */
  retryMs?: number | undefined;
  onEvent?: ((event: StreamEvent) => void) | undefined;
}

/**
 * The frames of a stream or camera, as they come. It is always read: who is too slow gets the newest frames, and numbers of
 * those that were dropped are missing. A stream that is lost is opened again, at longer and longer intervals. Times are those of
 * arrival.
 */
export class StreamSource implements Source {
  readonly name: string;
  readonly #options: StreamSourceOptions;
  readonly #ending = new AbortController();
  readonly #waiting = new WaitingFrames();
  #number: number;
  #dropped = 0;
  #untold = 0;
  /** The first is told at once. */
  #toldAt = Number.NEGATIVE_INFINITY;
  #running: Promise<void> | undefined;

  constructor(options: StreamSourceOptions) {
    this.name = options.input.name;
    this.#options = options;
    this.#number = options.lastNumber;
  }

  get dropped(): number {
    return this.#dropped;
  }

  take(most: number, signal: AbortSignal): Promise<Frame[]> {
    this.#running ??= this.#run();
    return this.#waiting.take(most, signal);
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await this.#running;
    this.#tell(true);
  }

  async #run(): Promise<void> {
    const { onEvent, retryMs = FIRST_RETRY_MS } = this.#options;
    const { signal } = this.#ending;
    for (let failures = 0; !signal.aborted; ) {
      let reason = 'it has ended';
      try {
        for await (const _ of this.#arriving()) {
          if (failures > 0) onEvent?.({ type: 'source-back' });
          failures = 0;
        }
      } catch (error) {
        if (signal.aborted) return;
        if (CflowError.isInstance(error) && !error.retryable) {
          this.#waiting.fail(error);
          return;
        }
        reason = (error as Error).message;
      }
      if (failures++ === 0) onEvent?.({ type: 'source-lost', reason });
      const wait = Math.min(LONGEST_RETRY_MS, retryMs * 2 ** Math.min(failures - 1, 16));
      await sleep(wait, undefined, { signal }).catch(() => undefined);
    }
  }

  /** One opening of the stream, until it is lost. */
  async *#arriving(): AsyncGenerator<void, void, undefined> {
    const { input, fps, silentMs = SILENT_MS } = this.#options;
    const silent = new AbortController();
    const hush = (): void =>
      silent.abort(new CflowError('timeout', `no frame for ${silentMs / 1000} s`, { retryable: true }));
    let timer = setTimeout(hush, silentMs);
    try {
      const signal = AbortSignal.any([this.#ending.signal, silent.signal]);
      for await (const { image } of videoFrames(input, { fps, signal })) {
        clearTimeout(timer);
        timer = setTimeout(hush, silentMs);
        const number = ++this.#number;
        const name = frameName(input, number);
        this.#add({ number, time: new Date(), name, picture: { image }, readyAt: performance.now() });
        yield;
      }
    } finally {
      clearTimeout(timer);
    }
  }

  #add(frame: Frame): void {
    const { waiting = WAITING } = this.#options;
    this.#waiting.add(frame);
    if (this.#waiting.length > waiting) {
      this.#waiting.dropOldest();
      this.#dropped++;
      this.#untold++;
    }
    this.#tell(false);
  }

  #tell(now: boolean): void {
    if (this.#untold === 0 || (!now && performance.now() - this.#toldAt < TELL_MS)) return;
    this.#options.onEvent?.({ type: 'frames-dropped', frames: this.#untold });
    this.#untold = 0;
    this.#toldAt = performance.now();
  }
}
