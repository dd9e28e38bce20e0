import type { DataSetFlags } from '../data-set-options.js';

export interface InspectFlags extends DataSetFlags {
  seed?: number;
  json?: true;
  verbose?: true;
}
