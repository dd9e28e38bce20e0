import type { DetectorSettings, Mask } from '@cflow/spec';
import { outlinePixels } from './outline-mask.js';

/** What may be decided once for all, or said for one prediction. */
export interface DecidableOptions {
  threshold?: number | undefined;
  falseAlarmRate?: number | undefined;
  pixelThreshold?: number | undefined;
  minArea?: number | undefined;
  minShare?: number | undefined;
}

/** Pixels of a region at least, where nobody says. */
const MIN_AREA = 1;

/**
 * Options with what is decided for the detector, as far as the request does not say something itself. Thresholds count for
 * the version that they were decided for, since the scores of another one are on another scale; a false-alarm rate counts
 * for any. A request with a threshold of its own has the regions that belong to it.
 */
export function settledOptions<O extends DecidableOptions>(
  options: O,
  settings: DetectorSettings | undefined,
  version: string,
): O & { minArea: number } {
  const minArea = options.minArea ?? settings?.minArea ?? MIN_AREA;
  const minShare = options.minShare ?? settings?.minShare;
  const asked = options.threshold !== undefined || options.falseAlarmRate !== undefined;
  const smallest = { minArea, ...(minShare !== undefined && { minShare }) };
  if (!settings || asked) return { ...options, ...smallest };
  const { threshold, pixelThreshold } = settings.version === version ? settings : {};
  const { falseAlarmRate } = settings;
  return {
    ...options,
    ...smallest,
    ...(threshold !== undefined && { threshold }),
    ...(falseAlarmRate !== undefined && { falseAlarmRate }),
    ...(options.pixelThreshold === undefined && pixelThreshold !== undefined && { pixelThreshold }),
  };
}

/** What is left out of an image: what the request says, and what is decided for the detector. 0 counts, others are left out. */
export function ignoredBy(
  settings: Pick<DetectorSettings, 'ignore'> | undefined,
  size: { width: number; height: number },
  asked: Mask | undefined,
): Mask | undefined {
  if (!settings?.ignore) return asked;
  const data = outlinePixels(settings.ignore, size);
  asked?.data.forEach((value, i) => {
    if (value !== 0) data[i] = 255;
  });
  return { ...size, data };
}
