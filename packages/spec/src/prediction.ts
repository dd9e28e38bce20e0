import type { ScalarMap } from './image.js';

/** Axis-aligned box in pixels of the anomaly map; `x`, `y` is the top left pixel. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** A connected part (8 neighbors) of the map at or above the pixel threshold. */
export interface Region {
  box: Box;
  /** Number of pixels. */
  area: number;
  /** The highest value of the region and where it lies. */
  peak: { x: number; y: number; value: number };
}

/** Per-dimension log-likelihoods of one layer (natural log), as the decoder gives them. */
export interface LayerLogLikelihood extends ScalarMap {
  layer: string;
}

/** What a detector says of one image. */
export interface Prediction {
  /** Raw anomaly score: the maximum of the anomaly map over the pixels that are not ignored. Higher is worse. */
  score: number;
  /** Probability that a good image scores at least this high, in (0, 1], from calibration on good images. */
  falseAlarmProbability: number;
  /** `bad` when `score >= threshold`. */
  label: 'good' | 'bad';
  /** The score threshold that gave the label. */
  threshold: number;
  /** The map threshold that gave the regions. */
  pixelThreshold: number;
  /** Anomaly map at the detector's input size. */
  map: ScalarMap;
  /** Regions of the map at or above `pixelThreshold`, the highest peak first. */
  regions: Region[];
  /** What was odd about the image, where anything was: samples that do not fit the detector's range. */
  warnings?: string[];
  /** Only when asked for. */
  layers?: LayerLogLikelihood[];
}
