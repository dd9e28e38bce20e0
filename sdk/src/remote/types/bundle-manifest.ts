import type { Metrics } from './metrics.js';

/** Every parameter of a detector's training. */
export interface DetectorConfiguration {
  /** Name of the feature extractor. */
  backbone: string;
  /** Layers to tap, shallow to deep. */
  layers: string[];
  /** Pre-trained weights for the backbone. */
  preTrained: boolean;
  /** Fibers (feature vectors) per optimizer step. */
  method: 'flow' | 'memory';
  fiberBatchSize: number;
  decoder: 'freia-cflow' | 'freia-flow';
  /** Length of the positional encoding, a multiple of 4. */
  conditionVector: number;
  /** Coupling blocks per decoder. */
  couplingBlocks: number;
  /** Clamp of the log scale. */
  clampAlpha: number;
  /** Random rotation instead of a random permutation. */
  permuteSoft: boolean;
  /** How the layers become one anomaly map. */
  fusion: 'likelihood' | 'standardized';
  /** Learning rate of Adam. */
  lr: number;
  /** Height and width in pixels that images are resized to. */
  inputSize: [number, number];
  /** How images come to that size; left out: squeezed. */
  geometry?: 'squeeze' | 'pad' | 'crop' | 'tiles' | undefined;
  /** Height and width in pixels of a tile, where the geometry is `tiles`. */
  tileSize?: [number, number] | undefined;
  /** Values that samples of more than 8 bits lie between; left out: full scale. */
  range?: { low: number; high: number } | undefined;
  /** What becomes of an image whose samples do not fit the range; left out: a warning. */
  outOfRange?: 'warn' | 'error' | undefined;
  /** Seed of every random choice. */
  seed: number;
}

/** What the scores of held-out good images say of the scores of good images to come. */
export interface ScoreCalibration {
  method: 'conformal-exponential';
  /** Good images that were scored. */
  count: number;
  /** Distinct scores, ascending. */
  scores: number[];
  /** False-alarm probability at each of `scores`. */
  probabilities: number[];
  /** Scale, in units of the score, of the approach to probability 1 below the lowest score. */
  lowerScale: number;
  /** The exponential tail above the last of `scores`. */
  tail: { exceedances: number; meanExcess: number };
}

/** Everything about a detector that is not numbers in tensors. */
export interface BundleManifest {
  formatVersion: 1;
  name: string;
  createdAt: string;
  configuration: DetectorConfiguration;
  /** How weights are stored. */
  precision: 'float32' | 'float16';
  /** Of a bundle whose calibration, thresholds and probe are those of this mode; files that are published have none. */
  precisionMode?: 'throughput' | undefined;
  backbone: { name: string; sha256: string; source: string; licence: string | null };
  layers: {
    name: string;
    channels: number;
    height: number;
    width: number;
    maxLogLikelihood?: number | undefined;
  }[];
  normalization: 'fixed';
  /** Of flows. */
  maxLikelihood?: number | undefined;
  calibration: {
    score: ScoreCalibration;
    /** Of the map's highest value, where that is not the score. */
    map?: ScoreCalibration | undefined;
    images: 'held-out' | 'cross-fitted' | 'training';
    scoreSpread: number;
  };
  /** `pixel`: where regions begin, if not at `score`. */
  thresholds: {
    falseAlarmRate: number;
    score: number;
    pixel?: number | undefined;
    f1: number | null;
    pixelF1: number | null;
  };
  /** How far a device may be off. */
  probe: { absoluteTolerance: number; relativeTolerance: number };
  /** The part of the picture that counts, on the grid of the input; left out: all of it. */
  region?: { width: number; height: number; runs: string } | undefined;
  /** Each picture had a region of its own, which the bundle cannot keep. */
  regionPerImage?: true | undefined;
  metrics: Metrics | null;
  provenance: {
    preset: string;
    dataSet: string;
    trainImages: number;
    validationImages: number;
    testImages: number;
    epochs: number;
    device: string;
    trainingSeconds: number;
    versions: Record<string, string>;
  };
  files: Record<string, { sha256: string; bytes: number }>;
}
