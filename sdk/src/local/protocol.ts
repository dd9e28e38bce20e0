// What page and worker say to each other. Everything in it can be cloned.
import type { AnomalyMap, Region, Size } from '../detector.js';
import type { AssetUrls } from './assets.js';
import type { ErrorMessage } from './error-message.js';
import type { DeviceAttempt } from './errors.js';
import type { LocalDevice, LocalDeviceChoice, Notice, Progress } from './types.js';

/** Where a bundle's files come from: an address, or the files themselves. */
export type BundleMessage =
  | { url: string; headers: Readonly<Record<string, string>>; credentials: RequestCredentials }
  | { files: ReadonlyMap<string, Blob>; name: string };

export interface LoadMessage {
  bundle: BundleMessage;
  device: LocalDeviceChoice;
  threads: number | undefined;
  cache: boolean;
}

/** What may change while a detector lives, when its device is lost. */
export interface DetectorState {
  device: LocalDevice;
  threads: number;
  refused: readonly DeviceAttempt[];
  notices: readonly Notice[];
}

export interface LoadedMessage extends DetectorState {
  detector: number;
  name: string;
  version: string;
  /** The manifest as JSON text gives it. */
  manifest: unknown;
}

/** An image on its way: an encoded file, or pixels with three or four channels, or a decoded picture. */
export type ImageMessage =
  | { file: Blob | ArrayBufferView | ArrayBuffer }
  | { width: number; height: number; data: Uint8Array | Uint8ClampedArray; channels: 3 | 4 }
  | { bitmap: ImageBitmap };

export interface PredictMessage {
  detector: number;
  images: ImageMessage[];
  ignore: ImageMessage | undefined;
  threshold: number | undefined;
  falseAlarmRate: number | undefined;
  pixelThreshold: number | undefined;
  map: boolean;
  overlay: boolean;
  regions: boolean;
  minArea: number | undefined;
  minShare: number | undefined;
  maxRegions: number | undefined;
}

export interface PredictionMessage {
  score: number;
  falseAlarmProbability: number;
  label: 'good' | 'bad';
  threshold: number;
  pixelThreshold: number;
  original: Size;
  mapSize: Size;
  warnings?: string[];
  regions?: Region[];
  map?: AnomalyMap;
  overlay?: Blob;
}

export interface PredictedMessage {
  predictions: PredictionMessage[];
  state: DetectorState;
}

export interface TrainMessage {
  images: ImageMessage[];
  heldOut: ImageMessage[] | undefined;
  /** The bundle whose backbone is used. */
  from: BundleMessage;
  name: string;
  preset: string | undefined;
  overrides: Readonly<Record<string, unknown>> | undefined;
  device: LocalDeviceChoice;
  threads: number | undefined;
  seed: number | undefined;
  /** Values that samples of more than 8 bits lie between. */
  range: { low: number; high: number } | undefined;
  cache: boolean;
}

export interface TrainedMessage {
  files: Map<string, Blob>;
  refused: readonly DeviceAttempt[];
  notices: readonly Notice[];
}

/** The methods of the engine: what goes in and what comes out. */
export interface EngineMethods {
  load: { takes: LoadMessage; gives: LoadedMessage };
  predict: { takes: PredictMessage; gives: PredictedMessage };
  train: { takes: TrainMessage; gives: TrainedMessage };
  archive: { takes: { files: ReadonlyMap<string, Blob> }; gives: Blob };
  dispose: { takes: { detector: number }; gives: undefined };
}
export type EngineMethod = keyof EngineMethods;

export type ToEngine =
  | { kind: 'start'; assets: AssetUrls }
  | { kind: 'call'; id: number; method: EngineMethod; params: unknown }
  | { kind: 'abort'; id: number };

export type FromEngine =
  | { kind: 'result'; id: number; value: unknown }
  | { kind: 'error'; id: number; error: ErrorMessage }
  | { kind: 'progress'; id: number; progress: Progress | TrainingProgress };

/** An event of a training run, as `@cflow/training` reports it. */
export interface TrainingProgress {
  stage: 'training';
  event: Readonly<Record<string, unknown>> & { type: string };
}
