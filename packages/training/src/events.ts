import type { DataSetReport, DeviceAttempt, Metrics } from '@cflow/spec';

/** What a training run reports while it goes on. Plain JSON, one object per line under `--json`. */
export type TrainingEvent =
  /** What was understood of the data set, before anything is trained. */
  | { type: 'data-set'; report: DataSetReport }
  | {
      type: 'start';
      name: string;
      preset: string;
      backbone: string;
      layers: { name: string; channels: number; height: number; width: number }[];
      device: string;
      refused: readonly DeviceAttempt[];
      epochs: number;
      trainImages: number;
      validationImages: number;
      testImages: number;
    }
  | { type: 'resume'; epoch: number }
  | { type: 'unreadable'; path: string; reason: string; count: number }
  | { type: 'features'; done: number; total: number }
  /** A memory is made: good images that were compared with all others. */
  | { type: 'comparing'; done: number; total: number }
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
      /** Mean loss over the epoch's steps. */
      loss: number;
      /** Mean negative log-likelihood per dimension of held-out good images; null when none are held out. */
      heldOut: number | null;
      stopped: boolean;
    }
  | { type: 'checkpoint'; layer: string; epoch: number }
  | { type: 'calibrated'; images: number; threshold: number; falseAlarmRate: number; heldOut: boolean }
  | { type: 'evaluated'; metrics: Metrics }
  /** `bundle` is its folder; where it was made in memory, the detector's name. */
  | { type: 'done'; bundle: string; seconds: number };

export type OnTrainingEvent = (event: TrainingEvent) => void;
