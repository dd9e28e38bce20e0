import type { ScalarMap } from './image.js';

/** Axis-aligned box of whole pixels; `x`, `y` is the top left pixel. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/**
 * What stands out of a picture in one place. Everything is in pixels of the picture as it was sent, upright, whatever its
 * detector made of it to look at it; `x` and `y` count from its top left corner.
 */
export interface Region {
  /** The smallest box of whole pixels around it. */
  box: Box;
  /** Pixels that it covers. */
  area: number;
  /** Its outline: 3 to 64 corners [x, y] on the corners of pixels, the last joined to the first. Holes are not told. */
  polygon: [x: number, y: number][];
  /** The pixel where the map is highest in it, and the value of the map there. */
  peak: { x: number; y: number; value: number };
  /** The score that an image would have in which nothing else stood out: to be compared with the threshold. */
  score: number;
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
  /** Size of the picture, upright: what regions are counted in. */
  original: { width: number; height: number };
  /** Anomaly map, laid over the whole picture: value [i, j] of a map of [h, w] is that of the i-th of h rows and j-th of w columns. */
  map: ScalarMap;
  /** What reaches `pixelThreshold`, the highest peak first. */
  regions: Region[];
  /** Present where products may be rounded to TF32; absent, they are exact. */
  precisionMode?: 'throughput';
  /** What was odd about the image, where anything was: samples that do not fit the detector's range, or far fewer pixels than it looks at. */
  warnings?: string[];
  /** Only when asked for. */
  layers?: LayerLogLikelihood[];
}
