import type { Frame, Source } from '../frame.js';
import { type VideoFrame, videoFrames } from './ffmpeg/video-frames.js';
import type { VideoInput } from './ffmpeg/video-input.js';

export interface FilmSourceOptions {
  input: VideoInput;
  /** Number of the last frame that was accepted before: those up to it are passed by. */
  lastNumber: number;
  /** Frames per second; all without. */
  fps?: number | undefined;
}

/** The frames of a film, one after the other, each as soon as somebody takes it: none is dropped. Times are those of the film, from 1970 on. */
export class FilmSource implements Source {
  readonly name: string;
  readonly dropped = 0;
  readonly #options: FilmSourceOptions;
  readonly #ending = new AbortController();
  #frames: AsyncGenerator<VideoFrame, void, undefined> | undefined;
  #number = 0;

  constructor(options: FilmSourceOptions) {
    this.name = options.input.name;
    this.#options = options;
  }

  async take(most: number, signal: AbortSignal): Promise<Frame[]> {
    signal.throwIfAborted();
    const stop = (): void => this.#ending.abort(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    try {
      const frames: Frame[] = [];
      while (frames.length < most) {
        const frame = await this.#next();
        if (!frame) break;
        if (frame.number > this.#options.lastNumber) frames.push(frame);
      }
      return frames;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await this.#frames?.return().catch(() => undefined);
  }

  async #next(): Promise<Frame | undefined> {
    const { input, fps } = this.#options;
    this.#frames ??= videoFrames(input, { fps, signal: this.#ending.signal });
    const { value } = await this.#frames.next();
    if (!value) return undefined;
    const number = ++this.#number;
    const time = new Date(Math.round(value.seconds * 1000));
    const picture = { image: value.image };
    return { number, time, name: frameName(input, number), picture, readyAt: performance.now() };
  }
}

export const frameName = ({ stem }: VideoInput, number: number): string =>
  `${stem}-${String(number).padStart(6, '0')}`;
