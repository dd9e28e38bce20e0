import { falseAlarmProbability, pictureRegions, thresholdForFalseAlarmRate } from '@cflow/evaluation';
import { resizeMask } from '@cflow/images';
import {
  type BundleManifest,
  ConfigurationError,
  type Mask,
  type Prediction,
  type ScalarMap,
} from '@cflow/spec';
import type { RawScore } from './scorer.js';

/** Width and height in pixels, upright. */
export interface PictureSize {
  width: number;
  height: number;
}

export interface PredictOptions {
  /** Score from which an image is bad. Default: the detector's. */
  threshold?: number | undefined;
  /** Instead of a threshold: the share of good images that may be called bad, in (0, 1). */
  falseAlarmRate?: number | undefined;
  /** Map value from which a pixel belongs to a region. Default: the map's own threshold, where the score is its maximum that of the score. */
  pixelThreshold?: number | undefined;
  /** Pixels that are left out of score and regions (non-zero); resized to the map by nearest neighbor. */
  ignore?: Mask | undefined;
  /** Smallest region that is reported, in pixels of the picture. Default 1. */
  minArea?: number | undefined;
  /**
   * Regions smaller than this share of the largest one are left out, unless they are higher than it. In [0, 1]; 0 keeps all.
   * Default 0.05.
   */
  minShare?: number | undefined;
  /** Regions reported at most. Default 100. */
  maxRegions?: number | undefined;
}

/** The score threshold that the options and the detector's calibration give. */
export function scoreThreshold(
  manifest: BundleManifest,
  { threshold, falseAlarmRate }: PredictOptions,
): number {
  if (threshold !== undefined && falseAlarmRate !== undefined) {
    throw new ConfigurationError('give a threshold or a false-alarm rate, not both');
  }
  if (threshold !== undefined) {
    if (!Number.isFinite(threshold))
      throw new ConfigurationError(`the threshold must be a number, got ${threshold}`);
    return threshold;
  }
  return falseAlarmRate === undefined
    ? manifest.thresholds.score
    : thresholdForFalseAlarmRate(manifest.calibration.score, falseAlarmRate);
}

/** Where regions begin, unless the caller says: the map's own threshold, where it has one. */
export function pixelThresholdOf({ thresholds }: Pick<BundleManifest, 'thresholds'>): number {
  return thresholds.pixel ?? thresholds.score;
}

/**
 * The pixel threshold that the options and the detector's calibration give: what is asked for; for a false-alarm rate the
 * value that the map of a good image reaches with it; where the map is the score's, the threshold of the score.
 */
export function pixelThreshold(manifest: BundleManifest, options: PredictOptions): number {
  if (options.pixelThreshold !== undefined) return options.pixelThreshold;
  const { map } = manifest.calibration;
  if (!map) return scoreThreshold(manifest, options);
  return options.falseAlarmRate === undefined
    ? pixelThresholdOf(manifest)
    : thresholdForFalseAlarmRate(map, options.falseAlarmRate);
}

/**
 * Turns the graph's numbers into a prediction: nothing here changes the raw score but an ignore mask.
 *
 * @param options `picture`: size of the picture that the map lies over, which regions are counted in. Default: the map's
 */
export function predictionOf(
  raw: RawScore & { map: ScalarMap },
  manifest: BundleManifest,
  options: PredictOptions & { picture?: PictureSize | undefined } = {},
): Prediction {
  const { map, layers } = raw;
  const threshold = scoreThreshold(manifest, options);
  const regionsFrom = pixelThreshold(manifest, options);
  const { score, regions } = inspectMap(raw, manifest, { ...options, pixelThreshold: regionsFrom });
  return {
    ...verdictOf(score, threshold, manifest),
    pixelThreshold: regionsFrom,
    original: sizeOf(options.picture ?? map),
    map,
    regions,
    ...(layers && { layers }),
  };
}

const sizeOf = ({ width, height }: PictureSize): PictureSize => ({ width, height });

/** What a score means by the detector's calibration. */
export function verdictOf(
  score: number,
  threshold: number,
  { calibration }: Pick<BundleManifest, 'calibration'>,
): Pick<Prediction, 'score' | 'falseAlarmProbability' | 'label' | 'threshold'> {
  return {
    score,
    falseAlarmProbability: falseAlarmProbability(calibration.score, score),
    label: score >= threshold ? 'bad' : 'good',
    threshold,
  };
}

/**
 * The part of a prediction that looks at pixels: the score without what is ignored, and regions.
 *
 * Where the score is the map's maximum, it is that of what is left. Where it is not, it is the score that is as rare among
 * good images as a map with this maximum.
 */
export function inspectMap(
  { score: raw, map }: Pick<RawScore, 'score'> & { map: ScalarMap },
  { calibration }: Pick<BundleManifest, 'calibration'>,
  options: Pick<PredictOptions, 'ignore' | 'minArea' | 'minShare' | 'maxRegions'> & {
    pixelThreshold: number;
    picture?: PictureSize | undefined;
  },
): Pick<Prediction, 'score' | 'regions'> {
  const { pixelThreshold: from, minArea = 1, minShare, maxRegions = 100, picture } = options;
  checkRegionOptions(from, minArea, minShare, maxRegions);
  const ignore = options.ignore && resizeMask(options.ignore, map.width, map.height);
  const peak = maximumOutside(map, ignore);
  const score = ignore ? scoreOfPeak(calibration, peak) : raw;
  // Below the threshold there is nothing to look for.
  const found =
    peak < from ? [] : pictureRegions(map, from, { picture, ignore, minArea, minShare, limit: maxRegions });
  return {
    score,
    regions: found.map((region) => ({ ...region, score: scoreOfPeak(calibration, region.peak.value) })),
  };
}

function scoreOfPeak({ map, score }: BundleManifest['calibration'], peak: number): number {
  if (!map) return peak;
  // A probability of 1 belongs to no score.
  const probability = Math.min(falseAlarmProbability(map, peak), 1 - Number.EPSILON);
  return thresholdForFalseAlarmRate(score, probability);
}

function checkRegionOptions(
  pixelThreshold: number,
  minArea: number,
  minShare: number | undefined,
  maxRegions: number,
): void {
  if (!Number.isFinite(pixelThreshold))
    throw new ConfigurationError(`the pixel threshold must be a number, got ${pixelThreshold}`);
  if (!(minArea >= 0)) throw new ConfigurationError(`the smallest area must be 0 or more, got ${minArea}`);
  if (minShare !== undefined && !(minShare >= 0 && minShare <= 1)) {
    throw new ConfigurationError(`the smallest share must be from 0 to 1, got ${minShare}`);
  }
  if (!(Number.isInteger(maxRegions) && maxRegions >= 0)) {
    throw new ConfigurationError(`the number of regions must be a whole number from 0, got ${maxRegions}`);
  }
}

function maximumOutside(map: ScalarMap, ignore: Mask | undefined): number {
  let maximum = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < map.data.length; i++) {
    if ((!ignore || ignore.data[i] === 0) && map.data[i]! > maximum) maximum = map.data[i]!;
  }
  if (maximum === Number.NEGATIVE_INFINITY) {
    throw new ConfigurationError('the ignore mask leaves no pixel to score; make it smaller');
  }
  return maximum;
}
