import type { Result } from './result.js';

/**
 * Where results go. A sink says where it stands after each delivery; that is kept together with the last result it got, in
 * one write, and given back to it when it is opened after an end of any kind. So a sink that can go back to a position, as
 * files can, gets each result exactly once; one that cannot gets it at least once, under the same id.
 */
export interface Sink<Position = unknown> {
  /** As it was asked for; no two sinks of a line share it. */
  readonly name: string;
  /** Results that it takes at once. */
  readonly maxBatch: number;
  /**
   * Makes ready to go on at a position, and takes back what was written after it. Called at the start, and again after
   * each delivery that failed.
   *
   * @param position what the last delivery that was kept gave; undefined at the very first
   */
  open(position: Position | undefined): Promise<Position>;
  /**
   * Resolves when all of them are where they belong, down to the disk. Rejects when it should be tried again; with
   * RefusedResultError when it is this one result that a receiver will not have.
   */
  deliver(results: readonly Result[], signal: AbortSignal): Promise<Position>;
  close(): Promise<void>;
}
