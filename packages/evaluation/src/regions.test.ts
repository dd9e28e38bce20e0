import type { Mask, ScalarMap } from '@cflow/spec';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { auPro, connectedComponents, findRegions } from './index.js';

/** A picture in text: `.` is 0, a digit itself, `#` is 1. */
function draw(...rows: string[]): Mask {
  const data = Uint8Array.from(rows.join(''), (c) => (c === '.' ? 0 : c === '#' ? 1 : Number(c)));
  return { width: rows[0]!.length, height: rows.length, data };
}
const toMap = ({ width, height, data }: Mask): ScalarMap => ({
  width,
  height,
  data: Float32Array.from(data),
});

const masks = fc
  .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }))
  .chain(([width, height]) =>
    fc
      .array(fc.integer({ min: 0, max: 1 }), { minLength: width * height, maxLength: width * height })
      .map((bits): Mask => ({ width, height, data: Uint8Array.from(bits) })),
  );

/** Components by walking from pixel to pixel: slow and plain. */
function walk({ width, height, data }: Mask): number[] {
  const labels = Array.from<number>(data).fill(0);
  let count = 0;
  data.forEach((value, start) => {
    if (!value || labels[start]) return;
    labels[start] = ++count;
    for (const todo = [start]; todo.length > 0; ) {
      const at = todo.pop()!;
      for (let dy = -1; dy <= 1; dy++) {
        for (let dx = -1; dx <= 1; dx++) {
          const x = (at % width) + dx;
          const y = Math.floor(at / width) + dy;
          const next = y * width + x;
          if (x < 0 || y < 0 || x >= width || y >= height || !data[next] || labels[next]) continue;
          labels[next] = count;
          todo.push(next);
        }
      }
    }
  });
  return labels;
}

describe('connectedComponents', () => {
  it('finds what walking from pixel to pixel finds', () => {
    fc.assert(
      fc.property(masks, (mask) => {
        const { labels, count, areas } = connectedComponents(mask);
        const expected = walk(mask);
        expect([...labels]).toEqual(expected);
        expect(count).toBe(Math.max(0, ...expected));
        expect(areas.reduce((a, b) => a + b, 0)).toBe(expected.filter((label) => label > 0).length);
      }),
      { numRuns: 500 },
    );
  });

  it('joins the arms of a spiral and a comb', () => {
    expect(connectedComponents(draw('#.#.#', '#.#.#', '#####')).count).toBe(1);
    expect(connectedComponents(draw('#####', '....#', '###.#', '#...#', '#####')).count).toBe(1);
    expect(connectedComponents(draw('#..', '.#.', '..#')).count).toBe(1);
    expect(connectedComponents({ width: 0, height: 0, data: new Uint8Array(0) }).count).toBe(0);
  });

  it('labels a large noisy mask in linear time', () => {
    const side = 2000;
    let state = 1;
    const data = Uint8Array.from({ length: side * side }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state > 2 ** 31 ? 1 : 0;
    });
    const start = performance.now();
    expect(connectedComponents({ width: side, height: side, data }).count).toBeGreaterThan(1000);
    expect(performance.now() - start).toBeLessThan(3000);
  });

  it('refuses data of another size', () => {
    expect(() => connectedComponents({ width: 3, height: 3, data: new Uint8Array(8) })).toThrow(/9 values/);
  });
});

describe('findRegions', () => {
  const map = toMap(draw('.3..5', '2...4', '.....', '77..1', '.7.9.'));

  it('gives box, area and peak, the highest peak first', () => {
    expect(findRegions(map, 2)).toEqual([
      { box: { x: 3, y: 4, width: 1, height: 1 }, area: 1, peak: { x: 3, y: 4, value: 9 } },
      { box: { x: 0, y: 3, width: 2, height: 2 }, area: 3, peak: { x: 0, y: 3, value: 7 } },
      { box: { x: 4, y: 0, width: 1, height: 2 }, area: 2, peak: { x: 4, y: 0, value: 5 } },
      { box: { x: 0, y: 0, width: 2, height: 2 }, area: 2, peak: { x: 1, y: 0, value: 3 } },
    ]);
  });

  it('honours the ignore mask, the smallest area and the limit', () => {
    const ignore = draw('.....', '.....', '.....', '.....', '...#.');
    expect(findRegions(map, 2, { ignore }).map(({ peak }) => peak.value)).toEqual([7, 5, 3]);
    expect(findRegions(map, 2, { minArea: 2, limit: 2 }).map(({ peak }) => peak.value)).toEqual([7, 5]);
    expect(() => findRegions(map, 2, { ignore: draw('..', '..') })).toThrow(/ignore mask/);
  });

  it('finds nothing above the highest value or in NaN', () => {
    expect(findRegions(map, 10)).toEqual([]);
    expect(findRegions({ width: 1, height: 1, data: Float32Array.of(Number.NaN) }, 0)).toEqual([]);
  });
});

describe('auPro', () => {
  const map = fc.tuple(masks, fc.infiniteStream(fc.integer({ min: 0, max: 4 }))).map(([mask, values]) => ({
    mask,
    map: { ...mask, data: Float32Array.from(values.take(mask.data.length)) },
  }));

  it('lies in [0, 1] and does not change with a rising function of the map', () => {
    fc.assert(
      fc.property(map, fc.double({ min: 0.01, max: 1, noNaN: true }), ({ mask, map }, fprLimit) => {
        const value = auPro([map], [mask], { fprLimit });
        fc.pre(!Number.isNaN(value));
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1);
        const cubed = { ...map, data: map.data.map((v) => v ** 3 + v) };
        expect(auPro([cubed], [mask], { fprLimit })).toBe(value);
      }),
    );
  });

  it('is 1 for a perfect map, 0 for an inverted one, half the limit for a constant one', () => {
    const mask = draw('##...', '.....', '....#', '.....');
    const perfect = toMap(mask);
    const inverted = { ...perfect, data: perfect.data.map((value) => -value) };
    const constant = { ...perfect, data: perfect.data.map(() => 7) };
    expect(auPro([perfect], [mask])).toBe(1);
    expect(auPro([inverted], [mask])).toBe(0);
    expect(auPro([constant], [mask])).toBeCloseTo(0.15, 15);
    expect(auPro([constant], [mask], { fprLimit: 1 })).toBeCloseTo(0.5, 15);
  });

  it('weighs a small region as much as a large one', () => {
    const mask = draw('#####', '#####', '.....', '....#', '.....');
    const found = toMap(draw('99999', '99999', '55555', '55551', '55555'));
    expect(auPro([found], [mask])).toBe(0.5);
  });

  it('is NaN without a defect or without a good pixel, and refuses bad input', () => {
    const empty = draw('..');
    expect(auPro([toMap(empty)], [empty])).toBeNaN();
    expect(auPro([toMap(draw('##'))], [draw('##')])).toBeNaN();
    expect(() => auPro([toMap(empty)], [])).toThrow(/one mask per map/);
    expect(() => auPro([toMap(empty)], [draw('...')])).toThrow(/image 0/);
    expect(() => auPro([toMap(empty)], [empty], { fprLimit: 0 })).toThrow(/fprLimit/);
    expect(() => auPro([{ ...toMap(empty), data: Float32Array.of(1, Number.NaN) }], [empty])).toThrow(/NaN/);
  });
});
