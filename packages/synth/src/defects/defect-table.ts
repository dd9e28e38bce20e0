import type { Fault } from '../materials/material.js';
import { contamination } from './contamination.js';
import { crack } from './crack.js';
import type { Defect } from './defect.js';
import { dent } from './dent.js';
import { hole } from './hole.js';
import type { DefectKind } from './kinds.js';
import { scratch } from './scratch.js';
import { stain } from './stain.js';

/** Defects that befall a finished surface. The other kinds are faults of making, left to the material. */
export const defectTable: Readonly<Record<Exclude<DefectKind, Fault['kind']>, Defect>> = {
  scratch,
  crack,
  stain,
  hole,
  dent,
  contamination,
};
