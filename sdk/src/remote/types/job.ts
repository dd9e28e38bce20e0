import type { DetectorConfiguration } from './bundle-manifest.js';
import type { DataSetLayout, DataSetReport } from './data-set-report.js';
import type { Metrics } from './metrics.js';
import type { ProblemCode } from './service.js';

/** Where a data set is: in the service's store, or at an address that the service may fetch. */
export type DataSetReference = { path: string } | { url: string };

/** Some of a detector's configuration. */
export type JobConfiguration = { [K in keyof DetectorConfiguration]?: DetectorConfiguration[K] | undefined };

/** How the archive is read; whatever is left out is recognized. */
export interface DataSetReading {
  /** How it is laid out. */
  layout?: DataSetLayout | undefined;
  /** Which one, where it holds several data sets. */
  category?: string | undefined;
  /** A bad image without a mask where others have one, or with an empty one. Default `error`. */
  missingMasks?: 'error' | 'ignore' | undefined;
  /** Folders of good images in it. */
  good?: string[] | undefined;
  /** Folders of bad images in it. */
  bad?: string[] | undefined;
  /** Folders of masks in it, called like the bad images that they belong to. */
  masks?: string[] | undefined;
  /** A mask in it, not black where pictures count, or a folder of one for each picture, called like it. */
  region?: string | undefined;
}

/** What a job does beside its data set. */
export interface JobSettings extends DataSetReading {
  /** The detector that the result is a version of. */
  name: string;
  /** Default `memory`, or `fast` where something is set that only a flow has. */
  preset?: 'memory' | 'fast' | 'anomalib' | 'paper' | undefined;
  /** What differs from the preset's configuration. */
  configuration?: JobConfiguration | undefined;
  /** Passes over the images. */
  epochs?: number | undefined;
  /** Images whose feature vectors are shuffled together. */
  imageBatchSize?: number | undefined;
  /** Share of the good images that is held out, 0 to 0.5. */
  validationFraction?: number | undefined;
  /** Share of the good images that may be bad, 0 to 0.4: so many of the most unusual are left out. */
  contamination?: number | undefined;
  /** Epochs without progress to stop after; null: none. */
  patience?: number | null | undefined;
  /** Default `float32`. */
  precision?: 'float32' | 'float16' | undefined;
  /** Fail at an image that cannot be read instead of leaving it out. Default false. */
  strict?: boolean | undefined;
  /** Evaluate on the test images, where there are any. Default true. */
  evaluate?: boolean | undefined;
  /** Also train on what people marked as good, and compare the result with this version (all 64 digits). */
  retrain?: { version: string } | undefined;
  /** Alias moved to the new version; null: none. Default `latest`. */
  alias?: string | null | undefined;
  /** Told when the job has ended, signed as in Standard Webhooks. */
  webhook?: { url: string } | undefined;
  /** Of one attempt. Default 86400. */
  timeoutSeconds?: number | undefined;
  /** Default 3. */
  maxAttempts?: number | undefined;
}

/** A job's request as the service keeps it: with every default filled in. */
export interface JobRequest extends DataSetReading {
  name: string;
  dataSet: DataSetReference;
  /** Left out: a memory, or what the configuration asks for. */
  preset?: 'memory' | 'fast' | 'anomalib' | 'paper' | undefined;
  configuration: JobConfiguration;
  epochs?: number | undefined;
  imageBatchSize?: number | undefined;
  validationFraction?: number | undefined;
  contamination?: number | undefined;
  patience?: number | null | undefined;
  precision: 'float32' | 'float16';
  strict: boolean;
  evaluate: boolean;
  retrain?: { version: string } | undefined;
  alias: string | null;
  webhook?: { url: string } | undefined;
  timeoutSeconds: number;
  maxAttempts: number;
}

export type JobStatus = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';

export interface JobProgress {
  /** 0 to 1. */
  fraction: number;
  phase: 'waiting' | 'fetching' | 'features' | 'training' | 'calibrating' | 'publishing' | 'done';
}

/** What one version says of the pictures that two are compared on. */
export interface ComparedVersion {
  /** Null: the one that the job has trained, whose version is its result. */
  version: string | null;
  /** Score from which a picture is bad. */
  threshold: number;
  /** Good pictures that it calls bad. */
  falseAlarms: number;
  /** Bad pictures that it calls bad. */
  found: number;
  /** Null where all are good or all are bad. */
  imageAuroc: number | null;
}

/** Two versions on the same pictures. */
export interface Comparison {
  good: number;
  bad: number;
  /** Of both, those that people have marked. */
  marked: number;
  /** The good ones are those that the new version held out; the old one may have been trained on them. */
  heldOut: boolean;
  old: ComparedVersion;
  new: ComparedVersion;
  /** Pictures that they do not agree on, the first 20. */
  changed: { name: string; label: 'good' | 'bad'; old: 'good' | 'bad'; new: 'good' | 'bad' }[];
  /** `weigh`: one is better in one way and worse in another; `unknown`: there is nothing to compare on. */
  proposal: 'promote' | 'keep' | 'weigh' | 'unknown';
  /** Why, in a sentence. */
  reason: string;
}

/** A training job. */
export interface Job {
  id: string;
  status: JobStatus;
  request: JobRequest;
  createdAt: string;
  /** Of the first attempt. */
  startedAt: string | null;
  finishedAt: string | null;
  /** Attempts begun. */
  attempt: number;
  cancelRequested: boolean;
  progress: JobProgress;
  /** What was understood of the data set, once it is unpacked. */
  dataSet: DataSetReport | null;
  /** Of a retraining: the version before and the new one on the same pictures, and what is proposed. */
  comparison: Comparison | null;
  result: { name: string; version: string; metrics: Metrics | null } | null;
  error: { code: ProblemCode; message: string } | null;
}

/** An archive that the service has kept. */
export interface DataSetUpload {
  /** For `dataSet.path` of a job. */
  path: string;
  sha256: string;
  bytes: number;
}

/** An archive in the store, and how long it stays. */
export interface StoredDataSet {
  /** For `dataSet.path` of a job. */
  path: string;
  bytes: number;
  uploadedAt: string;
  /** A job that waits or runs names it. */
  inUse: boolean;
  /** When the last job on it has ended. */
  lastUsedAt: string | null;
  /** When it may be removed; null: not by itself, or not while it is in use. */
  expiresAt: string | null;
}
