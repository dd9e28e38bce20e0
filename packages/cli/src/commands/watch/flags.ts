import type { DeviceFlags } from '../../options/device-options.js';
import type { ImageLimitFlags } from '../../options/image-limit-options.js';
import type { ThresholdFlags } from '../../options/threshold-options.js';

export const PICTURE_RULES = ['all', 'bad', 'none'] as const;

export interface WatchFlags extends DeviceFlags, ThresholdFlags, ImageLimitFlags {
  detector: string;
  to: string[];
  state?: string;
  rule?: string[];
  once?: true;
  settle?: number;
  fps?: number;
  trigger?: string;
  hold?: number;
  rotate?: number;
  pixelThreshold?: number;
  minArea?: number;
  minShare?: number;
  ignore?: string;
  pictures?: (typeof PICTURE_RULES)[number];
  picturesEvery?: number;
  picturesDir?: string;
  picturesBudget?: number;
  json?: true;
  verbose?: true;
}
