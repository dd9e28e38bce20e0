import type { DeviceFlags } from '../../options/device-options.js';

/** What the command line gives; what is left out comes from the environment, and then from the defaults. */
export interface ServeFlags extends DeviceFlags {
  store?: string;
  host?: string;
  port?: number;
  preload?: string[];
  memory?: number;
  maxMegapixels?: number;
  queue?: number;
  batchSizes?: string[];
  requestTimeout?: number;
  train?: 'here' | 'elsewhere' | 'off';
  apiKeys?: string;
  anonymous?: true;
  allowedHosts?: string[];
  rate?: string;
  fetchHosts?: string[];
  corsOrigins?: string[];
  log?: string;
  verbose?: true;
}
