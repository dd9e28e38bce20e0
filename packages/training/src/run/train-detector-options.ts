import type { ImageLimits } from '@cflow/images/node';
import type { Precision } from '@cflow/model';
import type { DataSet, DetectorConfigurationInput, DeviceChoice } from '@cflow/spec';
import type { OnTrainingEvent } from '../events.js';
import type { PlanOverrides, Preset } from '../plan/plan.js';
import type { AskedForRun } from './run-folder.js';

export interface TrainDetectorOptions {
  dataSet: DataSet;
  /** Folder that becomes the bundle. */
  output: string;
  /** Name of the detector. */
  name: string;
  preset: Preset;
  configuration?: DetectorConfigurationInput;
  overrides?: PlanOverrides;
  /** A safetensors file for the backbone. */
  weights?: string | undefined;
  device?: DeviceChoice | undefined;
  /** CPU threads in all. Default: one per core. */
  threads?: number | undefined;
  /**
   * A mask, not black where the pictures count, or a folder of one for each picture, called like it: what is outside takes no
   * part. Default: what the data set was opened with, or all counts.
   */
  region?: string | undefined;
  /** How weights are stored. Default float32. */
  precision?: Precision | undefined;
  /** Go on from the checkpoints of a run that was interrupted. */
  resume?: boolean | undefined;
  /** What the caller was asked for, kept with the checkpoints: `askedOfRun` returns it for resuming the run. */
  asked?: AskedForRun | undefined;
  /** Bounds of the images and masks that are decoded. */
  limits?: ImageLimits | undefined;
  /** Stop at an unreadable image instead of leaving it out. */
  strict?: boolean | undefined;
  /** Bytes that cached features may take on disk. Default 8 GiB. */
  featureBytes?: number | undefined;
  /** Evaluate on the data set's test images. Default true. */
  evaluate?: boolean | undefined;
  /** When it aborts, the run finishes the step it is at, saves, and rejects. */
  signal?: AbortSignal | undefined;
  onEvent?: OnTrainingEvent | undefined;
}

/** The same, with somebody to tell and something to be stopped by in any case. */
export type AskedTraining = TrainDetectorOptions & { signal: AbortSignal; onEvent: OnTrainingEvent };
