import type { OpenDataSetOptions } from '@cflow/images/node';
import type {
  BundleManifest,
  DetectorConfigurationInput,
  DetectorSettings,
  DeviceChoice,
  dataSetReadingFields,
  ErrorCode,
} from '@cflow/spec';
import type { PlanOverrides, Preset, TrainingEvent } from '@cflow/training';

/** How a data set is read; `within` where it is a stranger's, whose tables and words must not lead out of it. */
export type DataSetReading = {
  [K in keyof typeof dataSetReadingFields | 'within']?: OpenDataSetOptions[K] | undefined;
};

/** What a training process is asked to do. JSON. */
export interface TrainingTask {
  /** Folder of the data set. */
  source: string;
  /** How it is read. */
  reading: DataSetReading;
  /** Folder that becomes the bundle; `<output>.training` holds what a run continues from. */
  output: string;
  name: string;
  preset: Preset;
  configuration: DetectorConfigurationInput;
  overrides: PlanOverrides;
  precision: 'float32' | 'float16';
  strict: boolean;
  /** Whether the test images are evaluated, where there are any. */
  evaluate: boolean;
  device: DeviceChoice;
  threads: number;
  /** Go on from the checkpoints of a run before, when it was the same run; start anew when it was not. */
  resume: boolean;
  featureBytes?: number | undefined;
  /** Bounds of the images that are decoded. */
  limits?: { pixels: number; bytes: number } | undefined;
  /** Folder of images that people marked, where there are any. */
  marked?: string | undefined;
  /** What the result is compared with: the folder of another version, and what is decided for the detector. */
  compare?: { bundle: string; version: string; settings: DetectorSettings } | undefined;
}

/** An error on its way between processes. */
export interface ErrorMessage {
  code: ErrorCode | undefined;
  message: string;
  retryable: boolean;
  details: Readonly<Record<string, unknown>>;
}

/** What a training process says. */
export type TrainingMessage =
  | { type: 'ready' }
  | { type: 'event'; event: TrainingEvent }
  /** Its checkpoint cannot be used, and why; it starts over. */
  | { type: 'anew'; reason: string }
  | { type: 'result'; manifest: BundleManifest }
  | { type: 'error'; error: ErrorMessage };
