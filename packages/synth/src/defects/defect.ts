import type { DefectLook } from '../materials/material.js';
import type { Random } from '../random.js';
import type { Surface } from '../surface.js';

/** What a defect has to work with. */
export interface DefectContext {
  /** The surface, changed in place. */
  readonly surface: Surface;
  readonly look: DefectLook;
  readonly random: Random;
  /** Seed of the defect's own noise. */
  readonly seed: number;
  /** 0 (barely visible) to 1 (plain). */
  readonly severity: number;
}

export type Defect = (context: DefectContext) => void;
