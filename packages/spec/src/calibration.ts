import * as z from 'zod';
import { count, float32, positiveFloat32 } from './bounds.js';
import { closedObject } from './closed-object.js';

const probability = z.number().min(0).max(1);
/** A figure in [0, 1], or null where the data do not define it (no bad images, no masks). */
const figure = probability.nullable();

/** Knots that a calibration stores at most; more scores than this are thinned to evenly spaced ranks. */
export const MAX_CALIBRATION_KNOTS = 512;

const ascending = (values: readonly number[]): boolean =>
  values.every((value, i) => i === 0 || value > values[i - 1]!);

/**
 * What the scores of held-out good images say of the scores of good images to come: a continuous, strictly
 * falling false-alarm probability over the score. The functions over it are in the evaluation package.
 */
export const scoreCalibrationSchema = closedObject({
  /** Conformal p-values up to the last knot, a peaks-over-threshold tail with exponential excesses above. */
  method: z.literal('conformal-exponential'),
  /** Good images that were scored. */
  count: count().min(2),
  /** Distinct scores, ascending; the last one is where the tail begins. */
  scores: z
    .array(float32())
    .min(1)
    .max(MAX_CALIBRATION_KNOTS)
    .refine(ascending, 'the scores of a calibration must be strictly ascending'),
  /** False-alarm probability at each of `scores`, strictly descending, in (0, 1). */
  probabilities: z
    .array(z.number().gt(0).lt(1))
    .min(1)
    .max(MAX_CALIBRATION_KNOTS)
    .refine(
      (values) => ascending(values.map((value) => -value)),
      'the probabilities of a calibration must be strictly descending',
    ),
  /** Scale, in units of the score, of the exponential approach to probability 1 below the lowest score. */
  lowerScale: positiveFloat32(),
  /** Tail above the last of `scores`. */
  tail: closedObject({
    /** Number of scores above the last knot. */
    exceedances: count().min(1),
    /** Mean of (score - last knot) over them: the maximum-likelihood scale of an exponential. */
    meanExcess: positiveFloat32(),
  }),
}).refine(({ scores, probabilities }) => scores.length === probabilities.length, {
  message: 'a calibration needs one probability per score',
  path: ['probabilities'],
});

export type ScoreCalibration = z.infer<typeof scoreCalibrationSchema>;

/** False-alarm rates that are looked at besides the detector's own, at most. */
export const MAX_OPERATING_POINTS = 8;

/** What is found and what is called bad by mistake when a certain false-alarm rate is promised. */
export const operatingPointSchema = closedObject({
  /** Share of the good images to come that may be called bad, which the threshold was calibrated for. */
  promised: z.number().gt(0).lt(1),
  threshold: float32(),
  /** Share of the good images at or above `threshold`. */
  falseAlarmRate: figure,
  /** Share of the bad images at or above `threshold`. */
  detectionRate: figure,
});

export type OperatingPoint = z.infer<typeof operatingPointSchema>;

/** What a detector achieves on labelled images. Higher is better for all but the false-alarm rate. */
export const metricsSchema = closedObject({
  /** Images that were scored, good and bad together. */
  images: count(),
  goodImages: count(),
  badImages: count(),
  /** Images whose pixels count: bad ones with a map and a mask, good ones with a map. */
  pixelImages: count(),
  /** Connected components of the masks: what AUPRO weighs equally. */
  defectRegions: count(),
  /** Area under the ROC curve over image scores. */
  imageAuroc: figure,
  /** Average precision over image scores. */
  imageAupr: figure,
  pixelAuroc: figure,
  pixelAupr: figure,
  /** Area under the per-region-overlap curve up to a false-positive rate of 0.3, divided by 0.3. */
  aupro: figure,
  /** The same up to a false-positive rate of 0.05, divided by 0.05: maps that mark little beside the defects. */
  aupro5: figure.optional(),
  /** Highest F1 over all thresholds of the image score, and the lowest score that still counts as bad there. */
  f1: figure,
  f1Threshold: float32().nullable(),
  pixelF1: figure,
  pixelF1Threshold: float32().nullable(),
  /** The image threshold that the figures below were counted at; absent when none was given. */
  threshold: float32().optional(),
  /** Share of the good images at or above `threshold`. */
  falseAlarmRate: figure.optional(),
  /** Exact 95 % confidence interval of the false-alarm rate (Clopper-Pearson). */
  falseAlarmRateInterval: z.tuple([probability, probability]).nullable().optional(),
  /** Share of the bad images at or above `threshold`. */
  detectionRate: figure.optional(),
  /** Share of the bad images with a mask that are at or above `threshold` and have a region that meets the mask. */
  locationRate: figure.optional(),
  /** Share of the pixels in regions of images at or above `threshold` that lie in a mask: 1 where regions are tight. */
  regionPrecision: figure.optional(),
  /** The same counts for other promises than the one that `threshold` keeps, the lowest rate first. */
  operatingPoints: z.array(operatingPointSchema).max(MAX_OPERATING_POINTS).optional(),
});

export type Metrics = z.infer<typeof metricsSchema>;
