import type { Prediction, RgbImage } from '@cflow/spec';

/** One frame of a film, scored. */
export interface FilmFrame {
  /** From 1. */
  number: number;
  /** From the beginning of the film. */
  seconds: number;
  image: RgbImage;
  prediction: Prediction;
}

/** Bad frames that belong together. */
export interface FilmEvent {
  /** From 1. */
  event: number;
  /** Of the first bad frame. */
  start: { frame: number; seconds: number };
  /** Of the last bad frame. */
  end: { frame: number; seconds: number };
  /** The frame with the highest score. */
  peak: FilmFrame;
  /** Bad frames. */
  frames: number;
}

/**
 * Gathers bad frames, given in their order, to events: those between which no more than `gapSeconds` lie are one. Of all frames
 * it keeps the peak of the event that is under way.
 */
export class FilmEvents {
  readonly #gapSeconds: number;
  #open: FilmEvent | undefined;
  #count = 0;

  constructor({ gapSeconds }: { gapSeconds: number }) {
    this.#gapSeconds = gapSeconds;
  }

  /** The number of the event that is under way. */
  get current(): number | undefined {
    return this.#open?.event;
  }

  /** One frame more; gives the event that is over by it. */
  add(frame: FilmFrame): FilmEvent | undefined {
    const { number, seconds, prediction } = frame;
    const open = this.#open;
    const over = open && seconds - open.end.seconds > this.#gapSeconds ? open : undefined;
    if (over) this.#open = undefined;
    if (prediction.label !== 'bad') return over;
    const here = { frame: number, seconds };
    if (!this.#open) {
      this.#open = { event: ++this.#count, start: here, end: here, peak: frame, frames: 1 };
      return over;
    }
    this.#open.end = here;
    this.#open.frames++;
    if (prediction.score > this.#open.peak.prediction.score) this.#open.peak = frame;
    return over;
  }

  /** The film is over; gives the event that was under way. */
  finish(): FilmEvent | undefined {
    const open = this.#open;
    this.#open = undefined;
    return open;
  }
}
