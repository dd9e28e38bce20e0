import type * as z from 'zod';
import { MAX_NAME, text } from './bounds.js';
import { bundleManifestSchema } from './bundle.js';
import { closedObject } from './closed-object.js';

/** Files that a bundle has besides where it was calibrated for the mode `throughput`. */
export const THROUGHPUT_FILES = { calibration: 'throughput.json', probe: 'throughput.safetensors' } as const;

const { calibration, thresholds, probe } = bundleManifestSchema.shape;

/** What takes the place of a manifest's own fields in the mode `throughput`: scores are others there. */
export const throughputSchema = closedObject({
  /** What it was calibrated on, such as the name of a card. */
  device: text(MAX_NAME).min(1),
  calibration,
  thresholds,
  probe,
});
export type Throughput = z.infer<typeof throughputSchema>;
