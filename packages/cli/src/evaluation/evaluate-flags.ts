import type { DataSetFlags } from '../data-set-options.js';
import type { DeviceFlags } from '../device-options.js';
import type { ThresholdFlags } from '../threshold-options.js';

export interface EvaluateFlags extends DataSetFlags, DeviceFlags, ThresholdFlags {
  output?: string;
  json?: true;
  strict?: true;
  verbose?: true;
}
