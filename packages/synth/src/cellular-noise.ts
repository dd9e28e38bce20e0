import { latticeHash } from './lattice-noise.js';

/** What cellular noise says of a point; filled in place because it is asked for once per pixel. */
export interface Cell {
  /** Distance to the nearest feature point. */
  nearest: number;
  /** Distance to the second nearest one; the difference of the two is 0 on the border between cells. */
  second: number;
  /** 32-bit integer that belongs to the nearest feature point. */
  id: number;
}

/** Worley's cellular noise (SIGGRAPH 1996): one jittered feature point in each unit cell of the lattice. */
export function cellularNoise(seed: number, x: number, y: number, jitter: number, cell: Cell): void {
  const column = Math.floor(x);
  const row = Math.floor(y);
  const base = 0.5 - 0.5 * jitter;
  const step = jitter / 0xffff;
  let nearest = 8;
  let second = 8;
  let id = 0;
  const fx = x - column;
  const fy = y - row;
  // The point's own cell first: most of its neighbors are then too far away to matter.
  for (let rowStep = 0; rowStep < 3; rowStep++) {
    const j = rowStep === 0 ? 0 : rowStep === 1 ? -1 : 1;
    const gapY = base + (j === 0 ? 0 : j < 0 ? fy : 1 - fy);
    if (j !== 0 && gapY * gapY >= second) continue;
    for (let columnStep = 0; columnStep < 3; columnStep++) {
      const i = columnStep === 0 ? 0 : columnStep === 1 ? -1 : 1;
      const gapX = base + (i === 0 ? 0 : i < 0 ? fx : 1 - fx);
      if (i !== 0 && gapX * gapX >= second) continue;
      const hash = latticeHash(seed, column + i, row + j);
      const dx = i + base + (hash & 0xffff) * step - fx;
      const dy = j + base + (hash >>> 16) * step - fy;
      const squared = dx * dx + dy * dy;
      if (squared < nearest) {
        second = nearest;
        nearest = squared;
        id = hash;
      } else if (squared < second) {
        second = squared;
      }
    }
  }
  cell.nearest = Math.sqrt(nearest);
  cell.second = Math.sqrt(second);
  cell.id = id;
}
