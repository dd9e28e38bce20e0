import type { DataSetFlags } from '../../options/data-set-options.js';

export interface InspectFlags extends DataSetFlags {
  seed?: number;
  json?: true;
  verbose?: true;
}
