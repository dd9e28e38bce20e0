import type { Advice, DefectMetrics } from '@cflow/evaluation';
import type { Metrics, ScoreCalibration } from '@cflow/spec';

/** An encoded picture to be shown in the report. */
export interface ReportPicture {
  type: 'image/png' | 'image/jpeg' | 'image/webp';
  bytes: Uint8Array;
  /** Pixels. */
  width: number;
  height: number;
}

/** One image of a gallery. */
export interface GalleryItem {
  /** Name of the image: a path relative to the data set. */
  name: string;
  label: 'good' | 'bad' | 'unknown';
  /** Kind of defect. */
  defect?: string | undefined;
  score: number;
  falseAlarmProbability?: number | undefined;
  image: ReportPicture;
  /** The image under its anomaly map, with contours of the ground truth if known. */
  overlay?: ReportPicture | undefined;
}

/** A picture with a title and what it says. */
export interface ReportView {
  title: string;
  caption: string;
  picture: ReportPicture;
}

/** What good images alone say, where there are no images to test on. */
export interface GoodImages {
  /** Scores of good images that took no part in what scored them. */
  scores: readonly number[];
  /** Those least like the others, the most unusual first. */
  unusual: readonly GalleryItem[];
  views: readonly ReportView[];
}

/** Mean negative log-likelihood per dimension (natural logarithm) after each epoch, from epoch 1. */
export interface LossCurve {
  layer: string;
  training: readonly number[];
  /** On held-out good images. Empty when none were held out. */
  validation?: readonly number[] | undefined;
  /** Epoch whose parameters were kept, from 1. */
  bestEpoch?: number | undefined;
}

/** A line of a table of facts. */
export interface Fact {
  label: string;
  value: string | number;
}

/** All that a report can show. Every part is optional; what a run does not have is left out or said to be missing. */
export interface ReportData {
  /** Default: the name of the data set. */
  title?: string | undefined;
  /** ISO 8601. */
  createdAt?: string | undefined;
  dataSet?: { name: string; facts?: readonly Fact[] | undefined } | undefined;
  /** What it is worth and what to do next: shown before everything else. */
  advice?: Advice | undefined;
  /** One line that names the detector, e.g. `mobilenet_v2, 3 layers, 8 coupling blocks`. */
  detector?: string | undefined;
  /** Configuration of detector and training, shown as it is. */
  configuration?: Readonly<Record<string, unknown>> | undefined;
  metrics?: Metrics | undefined;
  calibration?: ScoreCalibration | undefined;
  /** Score at or above which an image is called bad. */
  threshold?: number | undefined;
  /** Scores of the labelled test images. */
  scores?: { good: readonly number[]; bad: readonly number[] } | undefined;
  /** Of a run without images to test on. */
  goodImages?: GoodImages | undefined;
  training?: readonly LossCurve[] | undefined;
  defects?: readonly DefectMetrics[] | undefined;
  /** Missed defects and false alarms, the worst first. */
  mistakes?: readonly GalleryItem[] | undefined;
  /** Some good and bad images that were judged rightly. */
  examples?: readonly GalleryItem[] | undefined;
  /** What the reader should know: skipped files, a device that was refused. */
  notes?: readonly string[] | undefined;
  /** Durations, throughput. */
  timing?: readonly Fact[] | undefined;
  /** Devices, versions, hashes, seeds. */
  provenance?: readonly Fact[] | undefined;
}
