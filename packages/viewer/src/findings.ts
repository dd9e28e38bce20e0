import { pictureRegions } from '@cflow/evaluation';
import type { ViewerMap, ViewerPrediction, ViewerRegion } from './viewer-prediction.js';

/** As many as a service lists unless told otherwise. */
const MAX_REGIONS = 100;
/** Share of the map from which a picture is anomalous all over. */
const ALL_OVER = 0.9;

/** Thresholds in use. */
export interface Thresholds {
  score: number;
  pixel: number;
}

/** What there is to say and to show of a prediction. */
export interface Findings {
  label: 'good' | 'bad';
  regions: ViewerRegion[];
  /** Where a bad picture's map is highest, if it is below the threshold everywhere. */
  peak?: { x: number; y: number } | undefined;
  /** For those who cannot see it, and for the legend. */
  words: string;
}

/**
 * Thresholds of a prediction, or those it is looked at with. Where the score is the map's maximum both are one: then the
 * regions go with the score's threshold.
 */
export function thresholdsInUse(
  { threshold, pixelThreshold }: ViewerPrediction,
  score: number | undefined,
  pixel: number | undefined,
): Thresholds {
  const inUse = score ?? threshold;
  return { score: inUse, pixel: pixel ?? (pixelThreshold === threshold ? inUse : pixelThreshold) };
}

/** A good picture has no findings, whatever its map is: it is shown as it was photographed. */
export function findingsOf({ score, map, original }: ViewerPrediction, thresholds: Thresholds): Findings {
  const label = score >= thresholds.score ? 'bad' : 'good';
  if (label === 'good') return { label, regions: [], words: 'good' };
  if (!map) return { label, regions: [], words: 'bad' };
  const regions = pictureRegions(map, thresholds.pixel, { picture: original, limit: MAX_REGIONS });
  if (regions.length === 0)
    return {
      label,
      regions,
      peak: highest(map, original ?? map),
      words: 'bad as a whole, no single place stands out',
    };
  return {
    label,
    regions,
    words:
      countAtOrAbove(map, thresholds.pixel) >= ALL_OVER * map.data.length
        ? 'bad, anomalous all over'
        : regions.length === MAX_REGIONS
          ? `bad, ${MAX_REGIONS} regions or more`
          : `bad, ${regions.length} region${regions.length === 1 ? '' : 's'}`,
  };
}

function countAtOrAbove({ data }: ViewerMap, threshold: number): number {
  let count = 0;
  for (let i = 0; i < data.length; i++) if (data[i]! >= threshold) count++;
  return count;
}

/** Where a map is highest, in pixels of the picture that it lies over. */
function highest(
  { width, height, data }: ViewerMap,
  picture: { width: number; height: number },
): { x: number; y: number } {
  let at = 0;
  for (let i = 1; i < data.length; i++) if (data[i]! > data[at]!) at = i;
  return {
    x: Math.floor((((at % width) + 0.5) * picture.width) / width),
    y: Math.floor(((Math.floor(at / width) + 0.5) * picture.height) / height),
  };
}
