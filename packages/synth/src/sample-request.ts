import type { DefectKind } from './defects/kinds.js';
import type { MaterialName } from './materials/names.js';

export interface SampleRequest {
  material: MaterialName;
  /** Left out: a good specimen. */
  defect?: DefectKind | undefined;
  /** Whole number from 0 to 2^32 - 1. The same seed with and without a defect shows the same specimen. */
  seed: number;
  /** Pixels, 32 to 2048. */
  width: number;
  height: number;
}
