/** A runtime that has a detector open and scores one image whenever it is asked. */
export interface TimedRuntime {
  runtime: string;
  /** Threads that compute, as found, not as asked for. */
  threads: number;
  /** Scores the image once. */
  score(): Promise<{ milliseconds: number; score: number }>;
  close(): Promise<void>;
}
