import type { DataSetReport } from './data-set-report.js';
import type { Comparison, Job, JobProgress } from './job.js';
import type { Metrics } from './metrics.js';

/**
 * What a training run reports while it goes on: told apart by `type`. `secondsLeft` is until the end of the run, evaluation
 * included; it is left out, or null, where that cannot be told yet.
 */
export type TrainingReport =
  /** What was understood of the data set, before anything is trained. */
  | { type: 'data-set'; report: DataSetReport }
  | {
      type: 'start';
      name: string;
      preset: string;
      backbone: string;
      layers: { name: string; channels: number; height: number; width: number }[];
      device: string;
      /** Devices that were tried, and why each is not in use. */
      refused: readonly { device: string; reason: string }[];
      epochs: number;
      trainImages: number;
      validationImages: number;
      testImages: number;
    }
  /** Weights of the default backbone, which are not there yet: bytes that have come. */
  | { type: 'fetching'; backbone: string; done: number; total: number }
  /** The default backbone, `of`, could not be fetched; `backbone` serves. */
  | { type: 'fallback'; backbone: string; of: string; reason: string }
  | { type: 'resume'; epoch: number }
  /** An image was left out; `count` of them so far. */
  | { type: 'unreadable'; path: string; reason: string; count: number }
  /** The most unusual of the good images, the first 100 by name: left out as `contamination` asks. */
  | { type: 'left-out'; count: number; images: readonly { path: string; score: number }[] }
  /** Images through the backbone. */
  | { type: 'features'; done: number; total: number; secondsLeft?: number | undefined }
  /** A memory is made: good images that were compared with all others. */
  | { type: 'comparing'; done: number; total: number; secondsLeft?: number | undefined }
  /** Some steps of one decoder are done; `fraction` is that of the whole training, `loss` the mean of these steps. */
  | {
      type: 'progress';
      layer: string;
      epoch: number;
      loss: number;
      fraction: number;
      secondsLeft: number | null;
    }
  | {
      type: 'epoch';
      layer: string;
      epoch: number;
      epochs: number;
      /** Mean over the epoch's steps. */
      loss: number;
      /** Mean negative log-likelihood per dimension of held-out good images; null when none are held out. */
      heldOut: number | null;
      stopped: boolean;
    }
  | { type: 'checkpoint'; layer: string; epoch: number }
  | {
      type: 'calibrated';
      images: number;
      threshold: number;
      falseAlarmRate: number;
      heldOut: boolean;
      secondsLeft?: number | undefined;
    }
  | { type: 'evaluated'; metrics: Metrics }
  /** Of a retraining: the version before and the new one on the same pictures. */
  | { type: 'compared'; comparison: Comparison };

/** What every event has. */
interface JobEventFrame {
  /** Grows within the job. */
  id: number;
  job: string;
  at: string;
}

/** Something that happened to a job: `type` says what `data` is. */
export type JobEvent = JobEventFrame &
  (
    | { type: 'status'; data: Job }
    | { type: 'progress'; data: JobProgress }
    | { type: 'training'; data: TrainingReport }
    | { type: 'log'; data: { level: 'info' | 'warn' | 'error'; message: string } }
  );
