import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fiberGrid, gridBatches, gridSteps } from './grid-batches.js';

const cases = fc.record({
  images: fc.integer({ min: 1, max: 12 }),
  layer: fc.record({ height: fc.integer({ min: 1, max: 8 }), width: fc.integer({ min: 1, max: 8 }) }),
  wanted: fc.integer({ min: 1, max: 200 }),
});

describe('fiberGrid', () => {
  it.each([
    [{ height: 32, width: 32 }, 64, 512, { rows: 16, groups: 1 }],
    [{ height: 16, width: 16 }, 64, 256, { rows: 16, groups: 1 }],
    [{ height: 8, width: 8 }, 64, 128, { rows: 8, groups: 2 }],
    // More groups than images there cannot be.
    [{ height: 8, width: 8 }, 3, 1024, { rows: 8, groups: 3 }],
    // 13 rows would be nearest, and do not divide 38.
    [{ height: 38, width: 38 }, 64, 512, { rows: 19, groups: 1 }],
    [{ height: 7, width: 5 }, 64, 1, { rows: 1, groups: 1 }],
  ])('of a map %o, %i images and batches of %i is %o', (layer, images, wanted, expected) => {
    expect(fiberGrid(layer, images, wanted)).toEqual(expected);
  });

  it('has rows that divide the height', () => {
    fc.assert(
      fc.property(cases, ({ images, layer, wanted }) => {
        const { rows, groups } = fiberGrid(layer, images, wanted);
        expect(layer.height % rows).toBe(0);
        expect(groups).toBeGreaterThanOrEqual(1);
        expect(groups).toBeLessThanOrEqual(images);
      }),
    );
  });
});

describe('gridBatches', () => {
  it('covers rows with all their columns, and takes no fiber twice', () => {
    fc.assert(
      fc.property(cases, ({ images, layer, wanted }) => {
        const { width, height } = layer;
        const grid = fiberGrid(layer, images, wanted);
        const { size, steps, order, mapRows } = gridBatches(images, layer, grid, 3, 'a');
        const rows = mapRows as Int32Array;
        expect(steps).toBe(gridSteps(images, layer, grid));
        expect(order.length).toBe(steps * size);
        expect(rows.length).toBe(steps * grid.rows);
        order.forEach((fiber, i) => {
          const [step, within] = [Math.floor(i / size), i % size];
          const cell = within % (grid.rows * width);
          const y = rows[step * grid.rows + Math.floor(cell / width)]!;
          expect(fiber % (height * width)).toBe(y * width + (cell % width));
        });
        expect(new Set(order).size).toBe(order.length);
        // All of them, where the groups use up the images.
        if (images % grid.groups === 0) expect(order.length).toBe(images * height * width);
        expect(Math.max(...order)).toBeLessThan(images * height * width);
      }),
    );
  });

  it('pairs a position with images in an order of its own, which seed and stream decide', () => {
    const layer = { height: 4, width: 4 };
    const grid = fiberGrid(layer, 16, 16);
    const order = (seed: number, stream: string): string =>
      `${gridBatches(16, layer, grid, seed, stream).order}`;
    expect(order(0, 'a')).toBe(order(0, 'a'));
    expect(order(0, 'a')).not.toBe(order(1, 'a'));
    expect(order(0, 'a')).not.toBe(order(0, 'b'));
    const first = gridBatches(16, layer, grid, 0, 'a').order.subarray(0, 16);
    expect(new Set([...first].map((fiber) => Math.floor(fiber / 16))).size).toBeGreaterThan(4);
  });
});
