import type { DataSetFlags } from '../../options/data-set-options.js';
import type { DeviceFlags } from '../../options/device-options.js';
import type { ThresholdFlags } from '../../options/threshold-options.js';

export interface EvaluateFlags extends DataSetFlags, DeviceFlags, ThresholdFlags {
  output?: string;
  json?: true;
  strict?: true;
  verbose?: true;
}
