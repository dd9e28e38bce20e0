import type { TrainingReport } from '@cflow/spec';

/** What a training run reports while it goes on. Plain JSON, one object per line under `--json`. */
export type TrainingEvent =
  | TrainingReport
  /** `bundle` is its folder; where it was made in memory, the detector's name. */
  | { type: 'done'; bundle: string; seconds: number };

export type OnTrainingEvent = (event: TrainingEvent) => void;
