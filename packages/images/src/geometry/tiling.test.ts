import { describe, expect, it } from 'vitest';
import { checkTiling } from './check-tiling.js';
import { tilingOf } from './tiling.js';

describe('tiles', () => {
  it.each([
    [[256, 256], [256, 256], 32, 1],
    [[640, 256], [256, 256], 32, 3],
    [[1248, 512], [256, 256], 32, 21],
    [[1024, 1536], [256, 256], 32, 40],
    [[288, 256], [256, 256], 32, 2],
    [[4096, 512], [512, 384], 16, 22],
    [[210, 420], [70, 140], 14, 20],
  ] as const)('of %j pixels by %j on maps of one place for %i: %i', (canvas, tile, grain, count) => {
    const { tiles } = tilingOf(canvas, tile, [grain, grain]);
    expect(tiles.length).toBe(count);
    // Every place of the canvas is kept once, from a tile that sees it.
    const places = new Map<string, number>();
    for (const { rows, columns } of tiles) {
      for (const [span, axis] of [
        [rows, 0],
        [columns, 1],
      ] as const) {
        expect([span.start % grain, span.keptFrom % grain, span.keptTo % grain]).toEqual([0, 0, 0]);
        expect(span.keptFrom).toBeGreaterThanOrEqual(span.start);
        expect(span.keptTo).toBeLessThanOrEqual(span.start + tile[axis]);
        expect(span.start + tile[axis]).toBeLessThanOrEqual(canvas[axis]);
      }
      for (let y = rows.keptFrom; y < rows.keptTo; y += grain) {
        for (let x = columns.keptFrom; x < columns.keptTo; x += grain)
          places.set(`${y} ${x}`, (places.get(`${y} ${x}`) ?? 0) + 1);
      }
    }
    expect(places.size).toBe((canvas[0] / grain) * (canvas[1] / grain));
    expect(new Set(places.values())).toEqual(new Set([1]));
  });

  it('keep nothing that lies at an edge that is none of the picture, but for less than an eighth', () => {
    const { tiles } = tilingOf([1024, 256], [256, 256], [32, 32]);
    for (const { rows } of tiles) {
      if (rows.start > 0) expect(rows.keptFrom - rows.start).toBeGreaterThanOrEqual(32);
      if (rows.start + 256 < 1024) expect(rows.start + 256 - rows.keptTo).toBeGreaterThanOrEqual(32);
    }
  });

  it.each([
    ['is smaller than a tile', [224, 512], /got 224; 256 would do/],
    ['has places that no tile ends at', [512, 300], /multiples of 32 across, got 300; 288 would do/],
  ] as const)('do not cover a picture that %s', (_, canvas, message) => {
    const strides = [
      [8, 8],
      [32, 32],
    ] as const;
    expect(() => checkTiling(canvas, [256, 256], strides)).toThrow(message);
    expect(() => checkTiling([512, 512], [256, 256], strides)).not.toThrow();
  });

  it('do not go with maps whose places are no whole pixels', () => {
    expect(() => checkTiling([512, 512], [256, 256], [[7.5, 8]])).toThrow(/a place for every 7.5 pixels/);
    expect(() =>
      checkTiling(
        [480, 480],
        [240, 240],
        [
          [8, 8],
          [12, 12],
        ],
      ),
    ).toThrow(/divide the largest of them/);
  });
});
