import { DataSetError, type Mask, type Metrics, type ScalarMap, type ScoreCalibration } from '@cflow/spec';
import { rankedAuPro } from './aupro.js';
import { rankedAuroc } from './auroc.js';
import { rankedAveragePrecision } from './average-precision.js';
import { countAtOrAbove, countedAt, defined } from './counted-at.js';
import { falseAlarmRateInterval } from './false-alarm-rate-interval.js';
import { type LocatedImage, locationMetrics } from './location-metrics.js';
import { operatingPoints } from './operating-points.js';
import { rankedOptimalF1 } from './optimal-f1.js';
import { rankPixels } from './pixel-scores.js';
import { type Labels, type RankedScores, rankScores, type Scores } from './ranked-scores.js';

export interface ComputeMetricsInput {
  /** One score per image. */
  scores: Scores;
  /** One label per image: true or non-zero is bad. */
  labels: Labels;
  /** Anomaly map of each image, as far as there is one. */
  maps?: readonly (ScalarMap | undefined)[] | undefined;
  /**
   * Ground truth of each image, of its map's size. A good image needs none; a bad image without one is left out of the
   * pixel figures, since nobody said where its defect is.
   */
  masks?: readonly (Mask | undefined)[] | undefined;
  /** For each image which pixels of its map count, not 0, where not all do. */
  regions?: readonly (Uint8Array | undefined)[] | undefined;
  /** Image threshold to count false alarms and detections at. */
  threshold?: number | undefined;
  /** Map value from which a pixel is in a region. Default: `threshold`. */
  pixelThreshold?: number | undefined;
  /** Of the image score: what is found is then also counted for a few usual false-alarm rates. */
  calibration?: ScoreCalibration | undefined;
}

type PixelMetrics = Pick<
  Metrics,
  | 'pixelImages'
  | 'defectRegions'
  | 'pixelAuroc'
  | 'pixelAupr'
  | 'aupro'
  | 'aupro5'
  | 'pixelF1'
  | 'pixelF1Threshold'
>;

/** False-positive rate that `aupro5` goes up to. */
const STRICT_FPR_LIMIT = 0.05;

/**
 * All figures of a detector on labelled images. A figure that the data do not define (one class only, no masks) is
 * null. Memory: one copy of the maps.
 *
 * @throws DataSetError when scores, labels, maps and masks do not match, or one of them holds a NaN.
 */
export function computeMetrics(input: ComputeMetricsInput): Metrics {
  const ranked = rankScores(input.scores, input.labels);
  const { good, bad } = ranked;
  const f1 = rankedOptimalF1(ranked);
  const masked = maskedImages(input);
  return {
    images: good.length + bad.length,
    goodImages: good.length,
    badImages: bad.length,
    imageAuroc: defined(rankedAuroc(ranked)),
    imageAupr: defined(rankedAveragePrecision(ranked)),
    f1: defined(f1.f1),
    f1Threshold: finite(f1.threshold),
    ...pixelMetrics(masked),
    ...(input.threshold === undefined
      ? {}
      : {
          ...operatingPoint(ranked, input.threshold),
          ...locationMetrics(masked, input.threshold, input.pixelThreshold ?? input.threshold),
        }),
    ...(input.calibration && { operatingPoints: operatingPoints(ranked, input.calibration) }),
  };
}

function operatingPoint(
  { good, bad }: RankedScores,
  threshold: number,
): Pick<Metrics, 'threshold' | 'falseAlarmRate' | 'falseAlarmRateInterval' | 'detectionRate'> {
  const falseAlarms = countAtOrAbove(good, threshold);
  return {
    threshold,
    falseAlarmRateInterval: good.length > 0 ? falseAlarmRateInterval(falseAlarms, good.length) : null,
    ...countedAt({ good, bad }, threshold),
  };
}

/** An image whose pixels count, of some only a part. */
type MaskedImage = LocatedImage & { region: Uint8Array | undefined };

/** The images whose pixels count; none where nobody said of any of them what is in it. */
function maskedImages({ scores, labels, maps, masks, regions }: ComputeMetricsInput): MaskedImage[] {
  for (const list of [maps, masks, regions]) {
    if (list && list.length !== scores.length) {
      throw new DataSetError(
        `expected ${scores.length} maps, masks and regions, one per score, got ${list.length}`,
        {
          details: { scores: scores.length, found: list.length },
        },
      );
    }
  }
  const kept: MaskedImage[] = [];
  let masked = false;
  for (let i = 0; i < scores.length; i++) {
    const map = maps?.[i];
    const mask = masks?.[i];
    if (!map || (labels[i] && !mask)) continue;
    if (mask) masked = true;
    const region = regions?.[i];
    kept.push({
      score: scores[i]!,
      bad: Boolean(labels[i]),
      map,
      mask: maskWithin(map, mask, region),
      region,
    });
  }
  return masked ? kept : [];
}

/** What is true of a map's pixels; what does not count is good. */
function maskWithin(map: ScalarMap, mask: Mask | undefined, region: Uint8Array | undefined): Mask {
  if (!mask) return { width: map.width, height: map.height, data: new Uint8Array(map.data.length) };
  return region ? { ...mask, data: mask.data.map((value, p) => (region[p] === 0 ? 0 : value)) } : mask;
}

function pixelMetrics(images: readonly MaskedImage[]): PixelMetrics {
  if (images.length === 0) {
    return {
      pixelImages: 0,
      defectRegions: 0,
      pixelAuroc: null,
      pixelAupr: null,
      aupro: null,
      aupro5: null,
      pixelF1: null,
      pixelF1Threshold: null,
    };
  }
  const maps = images.map(({ map }) => map);
  const masks = images.map(({ mask }) => mask);
  const pixels = rankPixels(
    maps,
    masks,
    images.map(({ region }) => region),
  );
  const { aupro, components } = rankedAuPro(pixels.good, maps, masks);
  const strict = rankedAuPro(pixels.good, maps, masks, { fprLimit: STRICT_FPR_LIMIT });
  const f1 = rankedOptimalF1(pixels);
  return {
    pixelImages: images.length,
    defectRegions: components,
    pixelAuroc: defined(rankedAuroc(pixels)),
    pixelAupr: defined(rankedAveragePrecision(pixels)),
    aupro: defined(aupro),
    aupro5: defined(strict.aupro),
    pixelF1: defined(f1.f1),
    pixelF1Threshold: finite(f1.threshold),
  };
}

const finite: (value: number) => number | null = (value) => (Number.isFinite(value) ? value : null);
