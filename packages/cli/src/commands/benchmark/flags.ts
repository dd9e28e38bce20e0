import type { Preset } from '@cflow/training';
import type { DetectorFlags, ScheduleFlags } from '../../options/detector-options.js';
import type { DeviceFlags } from '../../options/device-options.js';
import type { ImageLimitFlags } from '../../options/image-limit-options.js';
import type { TableFormat } from './table-format.js';
import type { NamedVariant } from './variant-option.js';

export interface BenchmarkFlags extends DetectorFlags, ScheduleFlags, DeviceFlags, ImageLimitFlags {
  categories?: string[];
  /** Left out: the one that `cflow train` uses. */
  backbones?: string[];
  /** Left out: a memory, or what the other options ask for. */
  presets?: Preset[];
  /** Named one by one, instead of each backbone with each preset. */
  variant?: NamedVariant[];
  chosenOn?: string[];
  seeds: number;
  firstSeed: number;
  weights?: string[];
  precision: 'float32' | 'float16';
  missingMasks: 'error' | 'ignore';
  output?: string;
  compare?: string;
  keepBundles?: true;
  format: TableFormat;
  strict?: true;
  featureCacheBytes?: number;
  json?: true;
  quiet?: true;
  verbose?: true;
}
