import type { ImageLimitFlags } from '../../options/image-limit-options.js';

export interface CalibrateFlags extends ImageLimitFlags {
  precisionMode: 'throughput';
  output?: string;
  json?: true;
  strict?: true;
}
