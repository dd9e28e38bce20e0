import type { DetectorSettings, PredictRequestOptions } from '@cflow/spec';

/** Pixels of a region at least, where nobody says. */
const MIN_AREA = 1;

/** Options with what is decided for the detector, as far as the request does not say something itself. */
export type SettledOptions = PredictRequestOptions & { minArea: number };

/**
 * Thresholds count for the version that they were decided for, since the scores of another one are on another scale; a
 * false-alarm rate counts for any. Whoever asks for a threshold of their own has the regions that belong to it.
 */
export function withSettings(
  options: PredictRequestOptions,
  settings: DetectorSettings | undefined,
  version: string,
): SettledOptions {
  const minArea = options.minArea ?? settings?.minArea ?? MIN_AREA;
  const asked = options.threshold !== undefined || options.falseAlarmRate !== undefined;
  if (!settings || asked) return { ...options, minArea };
  const { threshold, pixelThreshold } = settings.version === version ? settings : {};
  const { falseAlarmRate } = settings;
  return {
    ...options,
    minArea,
    ...(threshold !== undefined && { threshold }),
    ...(falseAlarmRate !== undefined && { falseAlarmRate }),
    ...(options.pixelThreshold === undefined && pixelThreshold !== undefined && { pixelThreshold }),
  };
}
