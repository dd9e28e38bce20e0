import { expect, it } from 'vitest';
import { outlineMask } from './outline-mask.js';

const rows = (pieces: Iterable<Uint8Array>, width: number, header: string): string[] => {
  const bytes = Buffer.concat([...pieces]);
  expect(new TextDecoder().decode(bytes.subarray(0, header.length))).toBe(header);
  const pixels = [...bytes.subarray(header.length)].map((value) => (value === 255 ? '#' : '.')).join('');
  return pixels.match(new RegExp(`.{${width}}`, 'g')) ?? [];
};

it('fills what lies inside of the outlines, and nothing beside them', () => {
  const square = [
    [1, 1],
    [4, 1],
    [4, 3],
    [1, 3],
  ] as [number, number][];
  const mask = outlineMask({ width: 6, height: 4, outlines: [square] });
  expect(rows(mask, 6, 'P5\n6 4\n255\n')).toEqual(['......', '.###..', '.###..', '......']);
});

it('scales to another size, and cuts what reaches beyond the picture', () => {
  const triangle = [
    [0, 0],
    [9, 0],
    [0, 9],
  ] as [number, number][];
  const mask = outlineMask({ width: 4, height: 4, outlines: [triangle] }, { width: 2, height: 2 });
  expect(rows(mask, 2, 'P5\n2 2\n255\n')).toEqual(['##', '##']);
  const small = outlineMask({ width: 4, height: 4, outlines: [triangle.map(([x, y]) => [x / 3, y / 3])] });
  expect(rows(small, 4, 'P5\n4 4\n255\n')).toEqual(['##..', '#...', '....', '....']);
});

it('comes in pieces that are small, and are all of it', () => {
  const across = [
    [0, 0],
    [8000, 0],
    [8000, 6000],
  ] as [number, number][];
  const regions = { width: 8000, height: 6000, outlines: [across] };
  let [bytes, inside] = [0, 0];
  for (const piece of outlineMask(regions)) {
    expect(piece.length).toBeLessThan(2 ** 19);
    if (bytes > 0) inside += piece.reduce((sum, value) => sum + value / 255, 0);
    bytes += piece.length;
  }
  expect(bytes).toBe('P5\n8000 6000\n255\n'.length + 8000 * 6000);
  expect(inside).toBeCloseTo((8000 * 6000) / 2, -4);
});
