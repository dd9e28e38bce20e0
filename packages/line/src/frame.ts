import type { RgbImage, Span } from '@cflow/spec';
import type { Result } from './result.js';

/** One picture that a source gives. */
export interface Frame {
  /** Counts what the source has seen, from 1. Of frames that were dropped, numbers are missing. */
  number: number;
  /** When it was taken, as well as the source knows: the time of a file, the arrival of a frame. */
  time: Date;
  /** What a person knows it by: a file's name below its folder, with `/`. */
  name: string;
  /** Where a file lies, with a stamp that is another one when its content is; or what is in it; or the pixels. */
  picture: { path: string; stamp: string } | { bytes: Uint8Array } | { image: RgbImage };
  /** Since when it waits to be taken, in milliseconds of `performance.now()`. */
  readyAt: number;
  /** Told of its result when that is accepted. */
  accepted?(result: Result): void;
  /** What becomes of it, where somebody records that. */
  span?: Span | undefined;
}

/** Where frames come from. */
export interface Source {
  /** As results say it. */
  readonly name: string;
  /** Frames that were dropped so far since nobody took them in time. */
  readonly dropped: number;
  /**
   * Waits until there are frames and gives them in their order, at most `most`; none when the source has ended.
   * @throws the signal's reason
   */
  take(most: number, signal: AbortSignal): Promise<Frame[]>;
  close(): Promise<void>;
}
