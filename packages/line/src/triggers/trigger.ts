import type { RgbImage } from '@cflow/spec';

/** Says of which frames of a stream a verdict is wanted. */
export interface Trigger {
  /** Whether it is this frame; asked once for each, in order. */
  selects(image: RgbImage): boolean;
  close(): Promise<void>;
}

/** Calls that no frame has answered yet. More than so many are dropped: the parts they were of are gone. */
const MOST_CALLS = 8;

/** Calls from outside, each of which wants the next frame that comes. */
export class CallCounter {
  #waiting = 0;
  #dropped = 0;

  /** Calls for which there was no room. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Whether there was room for it. */
  call(): boolean {
    if (this.#waiting >= MOST_CALLS) {
      this.#dropped++;
      return false;
    }
    this.#waiting++;
    return true;
  }

  /** Whether somebody called; takes the call. */
  take(): boolean {
    if (this.#waiting === 0) return false;
    this.#waiting--;
    return true;
  }
}
