import type { Method } from '@cflow/spec';
import type { Preset } from '@cflow/training';
import type { DataSetFlags } from '../../options/data-set-options.js';
import type { DetectorFlags, ScheduleFlags } from '../../options/detector-options.js';
import type { DeviceFlags } from '../../options/device-options.js';

/** What the command line gives; what is left out is the preset's or the configuration's default. */
export interface TrainFlags extends DetectorFlags, ScheduleFlags, DataSetFlags, DeviceFlags {
  output?: string;
  name?: string;
  backbone?: string;
  seed?: number;
  preset?: Preset;
  method?: Method;
  weights?: string;
  precision: 'float32' | 'float16';
  resume?: true;
  strict?: true;
  featureCacheBytes?: number;
  evaluate: boolean;
  json?: true;
  quiet?: true;
  verbose?: true;
}
