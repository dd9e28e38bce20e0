import type { MaterialName } from '../materials/names.js';

/** Kinds of defect, and so the names of their folders. */
export const DEFECT_KINDS = [
  'scratch',
  'crack',
  'stain',
  'hole',
  'dent',
  'contamination',
  'missing-thread',
  'misprint',
  'missing-part',
] as const;
export type DefectKind = (typeof DEFECT_KINDS)[number];

/** The defects that each material can have: a ceramic tile has no thread to miss, a circuit board does not dent. */
export const DEFECTS: Readonly<Record<MaterialName, readonly DefectKind[]>> = {
  'brushed-metal': ['scratch', 'dent', 'stain', 'hole', 'contamination'],
  'woven-fabric': ['missing-thread', 'hole', 'stain', 'contamination'],
  wood: ['scratch', 'crack', 'hole', 'stain'],
  'ceramic-tile': ['crack', 'hole', 'scratch', 'stain', 'contamination'],
  leather: ['scratch', 'hole', 'dent', 'stain', 'contamination'],
  'printed-circuit': ['misprint', 'missing-part', 'scratch', 'stain', 'contamination'],
};
