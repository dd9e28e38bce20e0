import { describe, expect, it } from 'vitest';
import { type Cell, cellularNoise } from './cellular-noise.js';
import { fractalNoise, latticeHash, valueNoise } from './lattice-noise.js';

describe('noise', () => {
  it('stays within [-1, 1], uses the range, and has a mean near 0', () => {
    let [low, high, sum] = [1, -1, 0];
    for (let i = 0; i < 20_000; i++) {
      const value = valueNoise(3, (i % 200) * 0.37 - 40, Math.floor(i / 200) * 0.41 - 20);
      low = Math.min(low, value);
      high = Math.max(high, value);
      sum += value;
      expect(Math.abs(fractalNoise(3, i * 0.1, i * 0.07, 3))).toBeLessThanOrEqual(1);
    }
    expect(low).toBeGreaterThanOrEqual(-1);
    expect(high).toBeLessThanOrEqual(1);
    expect(high - low).toBeGreaterThan(1.8);
    expect(Math.abs(sum / 20_000)).toBeLessThan(0.05);
  });

  it('is continuous across the lattice', () => {
    for (let i = -5; i < 5; i++) {
      expect(valueNoise(9, i - 1e-9, 0.3)).toBeCloseTo(valueNoise(9, i, 0.3), 6);
      expect(valueNoise(9, 0.7, i - 1e-9)).toBeCloseTo(valueNoise(9, 0.7, i), 6);
    }
  });

  it('finds the same nearest and second nearest points as a search over many cells', () => {
    const cell: Cell = { nearest: 0, second: 0, id: 0 };
    for (let i = 0; i < 400; i++) {
      const [x, y] = [i * 0.173 - 31, i * 0.119 - 12];
      cellularNoise(5, x, y, 0.9, cell);
      const found: { distance: number; id: number }[] = [];
      for (let row = Math.floor(y) - 3; row <= Math.floor(y) + 3; row++) {
        for (let column = Math.floor(x) - 3; column <= Math.floor(x) + 3; column++) {
          const id = latticeHash(5, column, row);
          const dx = column + 0.05 + ((id & 0xffff) * 0.9) / 0xffff - x;
          const dy = row + 0.05 + ((id >>> 16) * 0.9) / 0xffff - y;
          found.push({ distance: Math.sqrt(dx * dx + dy * dy), id });
        }
      }
      found.sort((a, b) => a.distance - b.distance);
      expect(cell.nearest).toBeCloseTo(found[0]!.distance, 9);
      expect(cell.id).toBe(found[0]!.id);
      // The second nearest may lie outside the 3 x 3 cells that are searched, but then it is far away.
      if (found[1]!.distance < 1) expect(cell.second).toBeCloseTo(found[1]!.distance, 9);
    }
  });
});
