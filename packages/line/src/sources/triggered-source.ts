import type { Frame, Source } from '../frame.js';
import type { Trigger } from '../triggers/trigger.js';
import { WaitingFrames } from './waiting-frames.js';

/** Selected frames that may wait to be taken. */
const WAITING = 8;
const AT_ONCE = 8;

/**
 * The frames of a stream that a trigger selects. The stream is read all the time, so that the frame is that of the moment; of
 * selected frames that nobody takes in time the newest are dropped, and counted.
 */
export class TriggeredSource implements Source {
  readonly name: string;
  readonly #source: Source;
  readonly #trigger: Trigger;
  readonly #selected = new WaitingFrames();
  readonly #ending = new AbortController();
  #dropped = 0;
  #running: Promise<void> | undefined;

  constructor({ source, trigger }: { source: Source; trigger: Trigger }) {
    this.name = source.name;
    this.#source = source;
    this.#trigger = trigger;
  }

  get dropped(): number {
    return this.#dropped;
  }

  take(most: number, signal: AbortSignal): Promise<Frame[]> {
    this.#running ??= this.#run();
    return this.#selected.take(most, signal);
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await this.#running;
    await this.#source.close();
    await this.#trigger.close();
  }

  async #run(): Promise<void> {
    try {
      for (;;) {
        const frames = await this.#source.take(AT_ONCE, this.#ending.signal);
        if (frames.length === 0) break;
        for (const frame of frames) this.#look(frame);
      }
      this.#selected.end();
    } catch (error) {
      this.#selected.end({ error });
    }
  }

  #look(frame: Frame): void {
    if (!('image' in frame.picture) || !this.#trigger.selects(frame.picture.image)) return;
    if (this.#selected.length >= WAITING) this.#dropped++;
    else this.#selected.add(frame);
  }
}
