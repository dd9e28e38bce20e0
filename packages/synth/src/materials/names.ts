/** Materials, and so the names of their folders. */
export const MATERIALS = [
  'brushed-metal',
  'woven-fabric',
  'wood',
  'ceramic-tile',
  'leather',
  'printed-circuit',
] as const;
export type MaterialName = (typeof MATERIALS)[number];
