import type { TrainingProgress } from '../protocol.js';
import type { Progress } from '../types.js';

/** What goes with a call. */
export interface CallContext {
  signal: AbortSignal;
  report(progress: Progress | TrainingProgress): void;
}
