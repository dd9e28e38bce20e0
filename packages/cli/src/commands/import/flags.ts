import type { DeviceFlags } from '../../options/device-options.js';
import type { ImageLimitFlags } from '../../options/image-limit-options.js';

export interface ImportFlags extends DeviceFlags, ImageLimitFlags {
  good?: string[];
  output?: string;
  name?: string;
  backbone?: string;
  layers?: string[];
  inputSize?: [number, number];
  precision: 'float32' | 'float16';
  strict?: true;
  json?: true;
  quiet?: true;
  verbose?: true;
}
