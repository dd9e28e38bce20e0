import type { DeviceFlags } from '../../options/device-options.js';
import type { ImageLimitFlags } from '../../options/image-limit-options.js';
import type { ThresholdFlags } from '../../options/threshold-options.js';

export const MAP_FORMATS = ['png8', 'png16', 'f32'] as const;
export type MapFormat = (typeof MAP_FORMATS)[number];

export interface PredictFlags extends DeviceFlags, ThresholdFlags, ImageLimitFlags {
  pixelThreshold?: number;
  minArea?: number;
  minShare?: number;
  ignore?: string;
  region?: string;
  maps?: string;
  mapFormat: MapFormat;
  overlays?: string;
  layers?: true;
  scores?: string;
  fps?: number;
  gap?: number;
  json?: true;
  failOnBad?: true;
  strict?: true;
  verbose?: true;
}
